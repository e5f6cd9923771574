"""Why nothing was found out, or a document was not taken."""

from __future__ import annotations

from typing import Literal

from .failure import UNABLE, Failure

#: What went wrong with what the bot knows; see `KnowledgeError.kind`.
KnowledgeErrorKind = Literal["no-such-collection", "invalid", "full", "unavailable", "other"]


class KnowledgeError(Exception):
    """Why nothing was found out, or a document was not taken. That nothing is found is no error.

    Uncaught, it ends `respond`: the reason goes to the bot's log in full, and the person reads one
    sentence.

    `kind` is one of:

    - `no-such-collection`: see `NoSuchCollection`, which this is then;
    - `invalid`: what was asked makes no sense, or is larger than may be. Nothing was changed;
    - `full`: more is to be kept than this bot, or all bots of its tenant, may keep. Nothing was
      changed, and the same is refused again until something is removed;
    - `unavailable`: it cannot be done now, and may be later: the database is away, or too much is
      asked for at once;
    - `other`: anything else.

    `text` says more, for the log: do not depend on it.
    """

    kind: KnowledgeErrorKind
    text: str

    def __init__(self, kind: KnowledgeErrorKind, text: str = "") -> None:
        super().__init__(kind, text)
        self.kind = kind
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return self.args == other.args if isinstance(other, KnowledgeError) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.args)

    @property
    def failure(self) -> Failure:
        """What the person reads when nobody catches it."""
        if self.kind == "unavailable":
            return Failure("This bot cannot get at its documents right now.")
        if self.kind == "full":
            return Failure("This bot has no room left for more documents.", allow_retry=False)
        return Failure(UNABLE, allow_retry=False)


class NoSuchCollection(KnowledgeError):
    """There is no such collection in this call: the query or report names no person, or this is
    `settings`, where there is only the bot's."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "no-such-collection",
            f"there is no collection `{name}` in this call: a person's belongs to queries and"
            " reports that name one",
        )
