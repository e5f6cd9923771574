"""The world that a test plays: it answers by the rules of the gateway, and keeps what it was
told."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ._backend import Exchange, KnowledgeCollection, Pollable, StoreBucket
from ._clock import Clock
from ._named import kind
from ._played_store import Owners
from ._recorder import Recorder
from ._script import Asked, PlayedBots, Step
from ._text import dumps, is_object, loads
from .events import Data, Event, File, Meta, Replace, Suggest, Text
from .failure import PoeError, Stopped
from .poe import CostItem

if TYPE_CHECKING:
    from ._played_web import PlayedWeb

#: Most bytes of a file, as in the gateway: 50 MB.
_FILE_BYTES_MAX = 50_000_000

#: Most files of a reply, as in the gateway.
_FILES_MAX = 20

#: Headers that a bot never sees.
_WITHHELD = ("authorization", "cookie", "proxy-authorization")


@dataclass(slots=True)
class Upload:
    """A file that a bot uploaded."""

    #: Its name.
    name: str
    #: Its bytes, where the bot had them.
    content: bytes | None
    #: Where the platform fetches it, where the bot gave a URL.
    from_url: str | None
    #: What became of it.
    file: File


@dataclass(slots=True)
class Charge:
    """What a bot charged."""

    #: `authorize` where an amount was reserved, `capture` where it was charged.
    step: str
    #: The positions.
    items: list[CostItem]


@dataclass(slots=True)
class Received:
    """What a bot can read of the request that it answers."""

    #: The body.
    raw: str = "{}"
    #: Names and values of headers.
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    #: The short number in the gateway's log.
    reference: str = "test"


class PlayedWorld:
    """The world around a bot, as long as it is asked once."""

    def __init__(
        self,
        clock: Clock,
        received: Received,
        bots: PlayedBots,
        web: PlayedWeb,
        owners: Owners,
    ) -> None:
        self.clock = clock
        self._received = received
        self._bots = bots
        self._web = web
        self._owners = owners
        #: The bytes behind the URLs of attachments.
        self.attachments: dict[str, bytes] = {}
        #: What the person can still pay, in milli-cents.
        self.budget = 0
        #: The reply, while `respond` runs.
        self.recorder: Recorder | None = None
        #: How often each bot may still be asked: from the settings of the bot that is tested.
        self.calls_left: dict[str, int] = {}
        #: The URLs of the files that the query at hand brings.
        self.attached: set[str] = set()
        self.asked: list[Asked] = []
        self.uploads: list[Upload] = []
        self.charges: list[Charge] = []
        self._authorized = 0
        self._played: dict[str, int] = {}

    # Time.

    def monotonic(self) -> float:
        """Seconds since the query."""
        return self.clock.now

    def sleep(self, seconds: float) -> None:
        """Puts the clock forward."""
        self.clock.put_forward(self.clock.now + max(0.0, seconds))

    def after(self, seconds: float) -> Pollable:
        """Ready after so much time."""
        return self.clock.after(seconds)

    def poll(self, pollables: Sequence[Pollable]) -> list[int]:
        """Goes on to the earliest moment of these."""
        return self.clock.poll(pollables)

    # The reply and the request.

    def say(self, event: Event) -> None:
        """Tells the reader, while there is one."""
        if self.recorder is None:
            raise Stopped("ended")
        self.recorder.say(event)

    def raw(self) -> str:
        """The body of the request."""
        return self._received.raw

    def header(self, name: str) -> str | None:
        """One header."""
        values = [value for header, value in self.headers() if header == name.lower()]
        return ", ".join(values) if values else None

    def headers(self) -> list[tuple[str, str]]:
        """All headers that a bot may see."""
        named = [(name.lower(), value) for name, value in self._received.headers]
        return [(name, value) for name, value in named if name not in _WITHHELD]

    def reference(self) -> str:
        """The reference of the request."""
        return self._received.reference

    # The platform.

    def ask(self, bot: str, body: str) -> PlayedAnswer:
        """Asks another bot of the scene."""
        self._during_reply()
        members = loads(body)
        if not is_object(members):
            raise PoeError("invalid", f"the question is {kind(members)}, not a JSON object")
        left = self.calls_left.get(bot, 0)
        if left <= 0:
            raise PoeError(
                "denied",
                f"the settings of this bot do not declare `{bot}`, or not often enough: add it to"
                " `server_bot_dependencies`",
                bot=bot,
            )
        self.calls_left[bot] = left - 1
        before = self._played.get(bot, 0)
        self._played[bot] = before + 1
        asked = Asked(bot, members)
        self.asked.append(asked)
        return PlayedAnswer(self, self._bots.answer(asked, before).steps)

    def attach(self, name: str, content_type: str | None, content: bytes, inline: bool) -> File:
        """Keeps a file, and tells the reader of it."""
        self._during_reply()
        if not name:
            raise PoeError("invalid", "a file has a name")
        if len(content) > _FILE_BYTES_MAX:
            raise PoeError("too-large", f"{dumps(name)} has more than {_FILE_BYTES_MAX} bytes")
        return self._upload(
            name, content_type, inline, lambda file: Upload(name, content, None, file)
        )

    def attach_url(self, url: str, name: str | None, inline: bool) -> File:
        """Keeps where a file is, and tells the reader of it."""
        self._during_reply()
        start, mark, rest = url.partition("://")
        if not mark or start not in ("http", "https"):
            raise PoeError(
                "invalid", f"{dumps(url)} begins neither with `http://` nor with `https://`"
            )
        path = rest.split("?")[0].split("#")[0].partition("/")[2]
        named = name or path.rpartition("/")[2] or "downloaded_file"
        return self._upload(named, None, inline, lambda file: Upload(named, None, url, file))

    def _upload(
        self, name: str, content_type: str | None, inline: bool, make: Callable[[File], Upload]
    ) -> File:
        number = len(self.uploads) + 1
        if number > _FILES_MAX:
            raise PoeError("too-large", f"a reply has at most {_FILES_MAX} files")
        file = File(
            f"https://files.test/{number}",
            content_type or "application/octet-stream",
            name,
            f"ref{number:05}" if inline else None,
        )
        self.hand_on(file)
        self.uploads.append(make(file))
        return file

    def read_attachment(self, url: str, bytes_max: int) -> bytes:
        """The bytes of a file of the query."""
        self._during_reply()
        if url not in self.attached:
            raise PoeError("denied", f"{dumps(url)} is not attached to a message of the query")
        content = self.attachments.get(url)
        if content is None:
            raise PoeError("broken", f"{dumps(url)} is gone")
        if len(content) > bytes_max:
            raise PoeError("too-large", f"the attachment has more than {bytes_max} bytes")
        return content

    def authorize(self, items: Sequence[tuple[int, str | None]]) -> None:
        """Reserves an amount of the budget."""
        self._during_reply()
        authorized = self._authorized + sum(amount for amount, _ in items)
        if authorized > self.budget:
            raise PoeError("insufficient-fund")
        self._authorized = authorized
        self.charges.append(Charge("authorize", [CostItem(*item) for item in items]))

    def capture(self, items: Sequence[tuple[int, str | None]]) -> None:
        """Charges an amount that was reserved."""
        self._during_reply()
        amount = sum(amount for amount, _ in items)
        if amount > self._authorized:
            raise PoeError("insufficient-fund")
        self._authorized -= amount
        self.budget -= amount
        self.charges.append(Charge("capture", [CostItem(*item) for item in items]))

    def _during_reply(self) -> None:
        if self.recorder is None:
            raise PoeError("denied", "only while a query is answered")

    def hand_on(self, event: Event) -> None:
        """Tells the reader what comes from elsewhere: a file, or an event of another bot."""
        try:
            self.say(event)
        except Stopped as stopped:
            raise PoeError("stopped", stopped=stopped) from None
        except ValueError as error:
            # A `meta` that is not the first event is passed over.
            if not isinstance(event, Meta):
                raise PoeError("stopped", stopped=Stopped("invalid", str(error))) from None

    # The web.

    def send(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        timeouts: tuple[float | None, float | None, float | None],
    ) -> Exchange:
        """Begins a request to the web of the scene."""
        return self._web.send(method, url, headers, timeouts)

    # The store.

    def open_bucket(self, name: str) -> StoreBucket:
        """Opens a bucket of the scene's store."""
        return self._owners.open(name)

    # The documents.

    def open_collection(self, name: str) -> KnowledgeCollection:
        """A collection of the scene's documents."""
        return self._owners.collection(name)


@dataclass(slots=True)
class PlayedEvent:
    """One event of an answer, with the members of `said-event` in `poe.wit`."""

    name: str
    text: str
    index: int | None
    data: str


def _said(event: Event) -> PlayedEvent:
    match event:
        case Text() | Replace():
            return PlayedEvent(event.event_name, event.text, event.index, "{}")
        case Suggest():
            return PlayedEvent(event.event_name, event.text, None, "{}")
        case Data():
            return PlayedEvent(event.event_name, event.metadata, None, "{}")
        case _:
            name, _, data = str(event).partition(" ")
            return PlayedEvent(name, "", None, data)


class PlayedAnswer:
    """What another bot says, and when. The last step is its end."""

    def __init__(self, world: PlayedWorld, steps: Sequence[Step]) -> None:
        self._world = world
        self._steps: deque[tuple[float, Event | PoeError | None]] = deque()
        at = world.clock.now
        for step in steps:
            if isinstance(step, (int, float)):
                at += step
            else:
                self._steps.append((at, step))
        self._steps.append((at, None))

    def subscribe(self) -> Pollable:
        """Ready when the next step has come."""
        clock = self._world.clock
        return clock.after(self._steps[0][0] - clock.now if self._steps else 0.0)

    def read(self) -> list[PlayedEvent]:
        """What has been said since the last time; waits for it."""
        return [_said(event) for event in self._read()]

    def _read(self) -> list[Event]:
        self.subscribe().block()
        events: list[Event] = []
        while self._steps:
            at, step = self._steps[0]
            is_end = step is None or isinstance(step, PoeError)
            if events and (is_end or at > self._world.clock.now):
                break
            self._steps.popleft()
            if step is None:
                break
            if isinstance(step, PoeError):
                self._steps.clear()
                raise step
            events.append(step)
        return events

    def relay(self) -> None:
        """Tells the reader all but hidden data."""
        self._relay(lambda event: not isinstance(event, Data))

    def relay_text(self) -> None:
        """Tells the reader texts and replacements."""
        self._relay(lambda event: isinstance(event, (Text, Replace)))

    def _relay(self, is_wanted: Callable[[Event], bool]) -> None:
        while events := self._read():
            for event in filter(is_wanted, events):
                self._world.hand_on(event)

    def close(self) -> None:
        """Hangs up."""
        self._steps.clear()
