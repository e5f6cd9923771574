"""Why a bot gives up, and why others do not do what it asks.

The kinds are kept apart. A `Failure` is the bot's own decision and is shown to the person. A
`Stopped` comes from the gateway, which knows already and shows what there is to show. `PoeError`,
`HttpError` and `StoreError` say what the platform, the web or the store refused; so does
`KnowledgeError`, of documents. All of them may stay uncaught: each then ends the reply well, in its
own way.
"""

from __future__ import annotations

from typing import Literal

from ._text import dumps, maybe_whole

#: Most characters of a failure's sentence that are shown. Longer ones are cut.
TEXT_CHARACTERS_MAX = 4_096

#: Most characters of a failure's word for programs that are sent. Longer ones are cut.
ERROR_TYPE_CHARACTERS_MAX = 64


class Failure(Exception):
    """Why a bot cannot answer, as the person reads it.

    Raised by a bot, it is the polite way to give up: what was said stays, and this is shown below
    it. Without a text, the gateway finds a sentence. The text is cut at 4,096 characters, and
    counts towards the characters of the reply.

    `allow_retry` says whether trying the same again may help: the platform then offers it.
    `error_type` is a word for programs: `user_message_too_long`, `insufficient_fund`,
    `user_caused_error`, `privacy_authorization_error`. More may come.

        >>> raise Failure("That is not a number.", allow_retry=False)
        Traceback (most recent call last):
        ravenry.failure.Failure: That is not a number.
    """

    text: str | None
    allow_retry: bool
    error_type: str | None

    def __init__(
        self, text: str | None = None, *, allow_retry: bool = True, error_type: str | None = None
    ) -> None:
        super().__init__(text)
        self.text = maybe_whole(text)
        self.allow_retry = allow_retry
        self.error_type = maybe_whole(error_type)

    def __str__(self) -> str:
        return "the bot gave up without a word" if self.text is None else self.text

    def __repr__(self) -> str:
        return (
            f"Failure({self.text!r}, allow_retry={self.allow_retry!r},"
            f" error_type={self.error_type!r})"
        )

    def _parts(self) -> tuple[str | None, bool, str | None]:
        return self.text, self.allow_retry, self.error_type

    def __eq__(self, other: object) -> bool:
        return self._parts() == other._parts() if isinstance(other, Failure) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._parts())

    def shown(self) -> Failure:
        """The same as far as the gateway shows it: long texts are cut."""
        return Failure(
            None if self.text is None else self.text[:TEXT_CHARACTERS_MAX],
            allow_retry=self.allow_retry,
            error_type=(
                None if self.error_type is None else self.error_type[:ERROR_TYPE_CHARACTERS_MAX]
            ),
        )


#: Why an event was not accepted; see `Stopped.reason`.
StoppedReason = Literal["too-long", "ended", "gone", "invalid", "other"]

_STOPPED_SENTENCES = {
    "too-long": "the reply would be longer than it may be",
    "ended": "the reply is over",
    "gone": "the client has left, or the gateway is stopping",
}


class Stopped(Exception):
    """Raised by a `Reply` that takes nothing more.

    No fault of the bot. Uncaught, it ends `respond` quietly: the gateway has already told the
    person what there is to tell.

    `reason` is one of:

    - `too-long`: the reply would pass the characters (512,000) or the events (10,000) that this bot
      may send;
    - `ended`: the reply is over, because an error was said, or because this call is not `respond`;
    - `gone`: the client has left, or the gateway is stopping; return soon;
    - `invalid`: only within a `PoeError`, where what was handed on makes no sense (a `Reply` raises
      `ValueError` for this);
    - `other`: a reason that this version has no word for.

    `text` says more for the last two, and is empty otherwise.
    """

    reason: StoppedReason
    text: str

    def __init__(self, reason: StoppedReason, text: str = "") -> None:
        super().__init__(reason, text)
        self.reason = reason
        self.text = text

    def __str__(self) -> str:
        if self.reason == "invalid":
            return f"the event makes no sense: {self.text}"
        return _STOPPED_SENTENCES.get(self.reason, self.text)

    def __eq__(self, other: object) -> bool:
        return self.args == other.args if isinstance(other, Stopped) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.args)


#: What a person reads where something that the bot needs is not there.
_BUSY = "Something this bot relies on did not answer."
#: What a person reads where the bot, or whoever mounted it, made a mistake.
UNABLE = "This bot could not do what it needs to answer."

#: What went wrong with the platform; see `PoeError.kind`.
PoeErrorKind = Literal[
    "denied", "invalid", "said", "broken", "insufficient-fund", "too-large", "stopped", "other"
]

_POE_BEGINNINGS = {
    "denied": "not allowed: ",
    "invalid": "makes no sense: ",
    "broken": "no answer: ",
    "too-large": "too large: ",
}


class PoeError(Exception):
    """Why something asked of the platform did not work.

    Uncaught, it ends `respond` well: the failure of another bot is shown as that bot said it; where
    the person cannot pay, the platform says so; a `stopped` is quiet. The rest goes to the bot's
    log in full, and the person reads one sentence.

    `kind` is one of:

    - `denied`: not allowed as things are; `text` says what to add, and where. Nothing was sent. A
      bot that the settings do not declare, or not often enough; a chain of bots that ask each other
      and has grown too long; an attachment that is not part of the query; no access key.
    - `invalid`: what was asked makes no sense; `text` says why. Nothing was sent.
    - `said`: the other bot ended its answer with the error `said`. What it said before stays valid.
    - `broken`: the platform, or the other bot, could not be reached or did not keep to the
      protocol, and trying again is over. `text` says how, for the log; it holds no key.
    - `insufficient-fund`: the person cannot pay for it.
    - `too-large`: larger than may be: a file, an attachment, an answer.
    - `stopped`: the reply to which something was to be handed has refused it, with `stopped`.
    - `other`: a reason that this version has no word for. Do not depend on the text.
    """

    kind: PoeErrorKind
    text: str
    #: What the other bot said, where `kind` is `said`.
    said: Failure | None
    #: Why the reply refused, where `kind` is `stopped`.
    stopped: Stopped | None
    #: The name of the bot that was asked, where one was.
    bot: str | None

    def __init__(
        self,
        kind: PoeErrorKind,
        text: str = "",
        *,
        said: Failure | None = None,
        stopped: Stopped | None = None,
        bot: str | None = None,
    ) -> None:
        super().__init__(kind, text)
        self.kind = kind
        self.text = text
        self.said = said if said is not None or kind != "said" else Failure(text or None)
        self.stopped = (
            stopped if stopped is not None or kind != "stopped" else Stopped("other", text)
        )
        self.bot = bot

    def __str__(self) -> str:
        if self.kind == "said":
            return f"the other bot ended with an error: {self.said}"
        if self.kind == "stopped":
            return str(self.stopped)
        if self.kind == "insufficient-fund":
            return "the person cannot pay for it"
        return _POE_BEGINNINGS.get(self.kind, "") + self.text

    def _parts(self) -> tuple[str, str, Failure | None, Stopped | None]:
        return self.kind, self.text, self.said, self.stopped

    def __eq__(self, other: object) -> bool:
        return self._parts() == other._parts() if isinstance(other, PoeError) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._parts())

    @property
    def failure(self) -> Failure | None:
        """What the person reads when nobody catches it; `None` where there is nothing to read."""
        if self.kind == "said":
            return self.said
        if self.kind == "stopped":
            is_mistake = self.stopped is not None and self.stopped.reason == "invalid"
            return Failure(allow_retry=False) if is_mistake else None
        if self.kind == "insufficient-fund":
            # The empty text lets the platform find its own words, as with the reference library.
            return Failure("", error_type="insufficient_fund")
        if self.kind == "broken":
            return Failure(_BUSY)
        if self.kind == "too-large":
            return Failure("That is too large for this bot.", allow_retry=False)
        return Failure(UNABLE, allow_retry=False)


#: What went wrong with a request to the web; see `HttpError.kind`.
HttpErrorKind = Literal[
    "denied", "invalid", "broken", "timeout", "too-large", "malformed", "status"
]


class HttpError(Exception):
    """Why a request to the web did not work.

    Uncaught, it ends `respond`: the reason goes to the bot's log in full, and the person reads one
    sentence. Nothing here holds a header of the request.

    `kind` is one of:

    - `denied`: the gateway does not let this bot reach that host; `text` says what to add;
    - `invalid`: the request makes no sense; `text` says why. Nothing was sent;
    - `broken`: the host could not be reached, broke off, or does not speak HTTP;
    - `timeout`: the host took too long;
    - `too-large`: the answer, or one of its events, is larger than it may be;
    - `malformed`: the answer is not what was expected: no JSON, no UTF-8, no server-sent events;
    - `status`: the answer has a status other than 200 to 299.
    """

    kind: HttpErrorKind
    text: str
    #: The status, where `kind` is `status`.
    status: int | None
    #: What the host wrote, up to 4 KiB, where `kind` is `status`; otherwise empty.
    body: str
    #: What its header `Retry-After` says, where that is a number of seconds.
    retry_after_seconds: int | None

    def __init__(
        self,
        kind: HttpErrorKind,
        text: str = "",
        *,
        status: int | None = None,
        body: str = "",
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(kind, text)
        self.kind = kind
        self.text = text
        self.status = status
        self.body = body
        self.retry_after_seconds = retry_after_seconds

    @classmethod
    def denied(cls, origin: str) -> HttpError:
        """What to add to the manifest, so that this origin (`https://example.com:8443`) can be
        reached."""
        return cls(
            "denied",
            f"the gateway does not let this bot reach `{origin}`; name it in the manifest:"
            f' allowed_outbound_hosts = ["{origin}"]',
        )

    def __str__(self) -> str:
        if self.kind == "status":
            return f"the host answered {self.status}: {dumps(self.body)}"
        return self.text

    def _parts(self) -> tuple[str, str, int | None, str, int | None]:
        return self.kind, self.text, self.status, self.body, self.retry_after_seconds

    def __eq__(self, other: object) -> bool:
        return self._parts() == other._parts() if isinstance(other, HttpError) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._parts())

    @property
    def failure(self) -> Failure:
        """What the person reads when nobody catches it."""
        is_busy = self.kind in ("broken", "timeout")
        if self.kind == "status" and self.status is not None:
            is_busy = self.status == 429 or self.status >= 500
        if is_busy:
            return Failure(_BUSY)
        if self.kind in ("too-large", "malformed"):
            return Failure("Something this bot relies on gave an answer it cannot use.")
        return Failure(UNABLE, allow_retry=False)


#: What went wrong with what the bot remembers; see `StoreError.kind`.
StoreErrorKind = Literal[
    "no-such-store", "access-denied", "full", "unavailable", "not-json", "other"
]

#: How the gateway begins its sentence about a store that is full, or that cannot be used now; behind
#: it comes a colon, or nothing. The same two are in `ravenry-protocol`, `store_error`.
STORE_BEGINNINGS: dict[str, StoreErrorKind] = {
    "the store is full": "full",
    "the store is unavailable": "unavailable",
}


class StoreError(Exception):
    """Why something was not kept, or not found out. That there is no value is no error.

    Uncaught, it ends `respond`: the reason goes to the bot's log in full, and the person reads one
    sentence.

    `kind` is one of:

    - `no-such-store`: see `NoSuchStore`, which this is then;
    - `access-denied`: the bucket may not be used;
    - `full`: more is to be kept than this bot, or all bots of its tenant, may keep. Nothing was
      changed, and the same is refused again until something is removed;
    - `unavailable`: the store cannot do it now, and may later: its database is away, others write
      too much or were always faster, no memory is left. A write may have happened all the same;
    - `not-json`: a value that was read is no JSON;
    - `other`: anything else, mostly a mistake in the bot: a key or a value that is too long, a
      value that is no number.

    `text` says more, for the log: do not depend on it.
    """

    kind: StoreErrorKind
    text: str

    def __init__(self, kind: StoreErrorKind, text: str = "") -> None:
        super().__init__(kind, text)
        self.kind = kind
        self.text = text

    @classmethod
    def said(cls, text: str) -> StoreError:
        """What the gateway says in a sentence, and in nothing else."""
        return cls(STORE_BEGINNINGS.get(text.partition(":")[0], "other"), text)

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return self.args == other.args if isinstance(other, StoreError) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.args)

    @property
    def failure(self) -> Failure:
        """What the person reads when nobody catches it."""
        if self.kind == "unavailable":
            return Failure("This bot cannot get at what it remembers right now.")
        if self.kind == "full":
            return Failure(
                "This bot has no room left for what it is to remember.", allow_retry=False
            )
        return Failure(UNABLE, allow_retry=False)


class NoSuchStore(StoreError):
    """There is no such bucket in this call: the query or report names no person, or no
    conversation, or this is `settings`, where there is only the bot's."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "no-such-store",
            f"there is no bucket `{name}` in this call: a person's and a conversation's belong to"
            " queries and reports that name one",
        )
