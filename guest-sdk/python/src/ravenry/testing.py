"""A bot without WebAssembly: asks it, and keeps what it says.

For tests on the machine that the bot is written on. The reader here keeps the rules of the gateway:
it counts characters and events, refuses what the gateway would refuse, and takes nothing after the
end. Waiting takes no time: `time.sleep` and all of `asyncio` go by a clock that is put forward, and
so do `time.monotonic`, `time.time` and `time.perf_counter`.

    import time
    from ravenry import Bot, testing

    class Slow(Bot):
        def respond(self, query, reply):
            reply.replace("Thinking…")
            time.sleep(60)
            reply.replace(query.last_text.upper())
            reply.suggest("again")

    transcript = testing.ask(Slow(), "hi")
    assert transcript.text == "HI"
    assert transcript.took == 60
    # A golden of the whole reply.
    assert str(transcript) == '''\\
    replace_response {"text":"Thinking…"}
    wait 60s
    replace_response {"text":"HI"}
    suggested_reply {"text":"again"}
    done {}
    '''

What surrounds a query is a `Scene`: other bots as a `Script` each, the web as an `Upstream` each,
attached files, a `Store` with what the bot remembers, `Knowledge` with its documents, a budget,
headers, bounds. The `Transcript` has what each of them was asked, and what is remembered and known
after.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self, cast

from . import _answer_query, _backend, _current_query, _loop, _played_time, _urllib
from ._clock import Clock
from ._played_knowledge import Knowledge
from ._played_store import Owners, Store
from ._played_web import PlayedRequest, PlayedWeb, Upstream
from ._played_world import Charge, PlayedWorld, Received, Upload
from ._recorder import Recorder
from ._script import Answering, Answers, Asked, PlayedBots, Script
from .bot import Bot, Feedback, Reaction
from .events import Error, Event, Meta, Replace, Suggest, Text
from .failure import Failure, Stopped
from .query import Message, Query
from .reply import Reply
from .settings import Settings

__all__ = [
    "Asked",
    "Charge",
    "Knowledge",
    "PlayedRequest",
    "Scene",
    "Script",
    "Store",
    "Transcript",
    "Upload",
    "Upstream",
    "ask",
    "now",
]

#: What may be asked: a text, the messages of a conversation, or a whole query.
Question = str | Iterable[Message] | Query

#: What may be asked something: a bot, or what makes one.
Answerer = Bot | Callable[[], Bot]

#: Characters and events that a reply may hold, as in the gateway.
_CHARACTERS_MAX = 512_000
_EVENTS_MAX = 10_000

#: More than anybody has: 2^64 - 1.
_BUDGET_MAX = 2**64 - 1


def ask(bot: Answerer, query: Question, scene: Scene | None = None) -> Transcript:
    """Asks a bot and returns what it said.

    The query is a text, a list of messages, or a whole `Query`. Each call asks a bot of its own
    where a class is given. For other bots, the web, headers and bounds, see `Scene`.
    """
    return (scene or Scene()).ask(bot, query)


def now() -> float:
    """The seconds since the query, in a scene: as far as the bot has waited."""
    return _backend.current.monotonic()


@dataclass(slots=True)
class Transcript:
    """What a bot said in answer to one query.

    Its `str` is meant for golden tests: one line for each event, with the platform's own name and
    the JSON that goes over the wire, a line `wait 1s` wherever the bot waited, and `done {}`.
    Errors that the gateway writes in the bot's name (nothing said, too long) are not in it.
    """

    #: The events that were accepted, in order. A failure with which `respond` ended is the last
    #: one. Empty texts are not there, because the gateway does not send them.
    events: list[Event]
    #: How long the bot waited in all, in seconds.
    took: float
    #: What `respond` raised, if anything.
    error: BaseException | None
    #: Why events were refused, in order. Mostly empty.
    refused: list[Stopped | ValueError]
    #: What other bots were asked, in order.
    asked: list[Asked]
    #: The files that were uploaded, in order; each is a file event, too.
    uploads: list[Upload]
    #: What was charged, in order.
    charges: list[Charge]
    #: What was sent to the web, in order, refused requests and all.
    requests: list[PlayedRequest]
    #: When each event was said, in seconds since the query: one for each of `events`.
    times: list[float] = field(default_factory=list[float])
    #: What the bot remembers at the end: what the scene began with, and what has become of it.
    store: Store = field(default_factory=Store)
    #: What the bot knows at the end: what the scene began with, and what has become of it.
    knowledge: Knowledge = field(default_factory=Knowledge)

    @property
    def text(self) -> str:
        """The text that the reader has before them at the end: texts joined, replacements made.

        Of a reply with several numbered answers, the part that belongs to none of them.
        """
        return self.text_at(None)

    def text_at(self, index: int | None) -> str:
        """The same for the answer with this index."""
        shown = ""
        for event in self.events:
            if isinstance(event, Text) and event.index == index:
                shown += event.text
            elif isinstance(event, Replace) and event.index == index:
                shown = event.text
        return shown

    @property
    def failure(self) -> Failure | None:
        """The failure that ended the reply, whether it was said or raised."""
        errors = (event.failure for event in self.events if isinstance(event, Error))
        return next(errors, None)

    @property
    def meta(self) -> Meta | None:
        """How the reply is to be shown, where the bot said so."""
        return next((event for event in self.events if isinstance(event, Meta)), None)

    @property
    def suggestions(self) -> list[str]:
        """The suggested replies, in order."""
        return [event.text for event in self.events if isinstance(event, Suggest)]

    @property
    def timed(self) -> list[tuple[float, Event]]:
        """Each event with the seconds after which it was said, counted from the query."""
        return list(zip(self.times, self.events, strict=True))

    def __str__(self) -> str:
        lines: list[str] = []
        before = 0.0
        for at, event in self.timed:
            lines += [*_waited(at - before), str(event)]
            before = at
        lines += [*_waited(self.took - before), "done {}"]
        return "".join(f"{line}\n" for line in lines)


def _waited(seconds: float) -> list[str]:
    nanoseconds = round(seconds * 1e9)
    if nanoseconds <= 0:
        return []
    for size, unit in ((10**9, "s"), (10**6, "ms"), (10**3, "µs"), (1, "ns")):
        if nanoseconds >= size:
            return [f"wait {f'{nanoseconds / size:.9f}'.rstrip('0').rstrip('.')}{unit}"]
    return []


class Scene:
    """What surrounds a query, for tests that need more than `ask`.

        scene = Scene(headers={"user-agent": "a test"}).bot("Claude", "Hello.")
        assert scene.ask(Browser, "Who am I?").text == "a test"

    It can be asked many times, and begins anew each time.

    - `raw` is what `request.raw` answers, `reference` what `request.reference` does, and `headers`
      is what `request.headers` answers.
    - `characters_max` and `events_max` bound the reply, as in the gateway.
    - `leaves_after`: the reader leaves after this many events, and the next one raises `Stopped`
      (`gone`). By default the reader stays. The gateway mostly discards an instance whose reader
      has left before it can say anything more; this shows what a bot does where it still runs.
    - `budget` is what the person can pay, in thousandths of a US cent; more than enough by default.
    - `store` is what the bot remembers when it is asked, and `knowledge` what it knows: nothing by
      default.
    """

    def __init__(
        self,
        *,
        raw: str = "{}",
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        reference: str = "test",
        characters_max: int = _CHARACTERS_MAX,
        events_max: int = _EVENTS_MAX,
        leaves_after: int | None = None,
        budget: int = _BUDGET_MAX,
        store: Store | None = None,
        knowledge: Knowledge | None = None,
    ) -> None:
        self._received = Received(raw, _pairs(headers), reference)
        self._characters_max = characters_max
        self._events_max = events_max
        self._leaves_after = leaves_after
        self._budget = budget
        self._store = Store() if store is None else store
        self._knowledge = Knowledge() if knowledge is None else knowledge
        self._bots = PlayedBots()
        self._upstreams: list[tuple[str, Callable[[PlayedRequest], Upstream]]] = []
        self._attachments: dict[str, bytes] = {}

    def bot(self, name: str, *answers: Answers | Answering) -> Self:
        """Adds answers of another bot, one for each time that it is asked: a text, a `Script`, or a
        `Failure`. A function is given what was asked (`Asked`), and makes all answers.

        A bot that is asked more often than it has answers is `broken`; so is one that the scene
        does not have. As in the gateway, a bot that the settings do not declare is `denied`.
        """
        for answer in answers:
            self._bots.add(name, answer)
        return self

    def upstream(
        self, url_start: str, answer: Upstream | Callable[[PlayedRequest], Upstream]
    ) -> Self:
        """Adds a part of the web: an answer to requests whose URL begins like this, or a function
        that is given what was sent (`PlayedRequest`) and makes it. The longest beginning wins;
        where there is none, the request is `denied`."""
        if isinstance(answer, Upstream):
            always = answer
            self._upstreams.append((url_start, lambda _: always))
        else:
            self._upstreams.append((url_start, answer))
        return self

    def attachment(self, url: str, content: bytes) -> Self:
        """Says what `Attachment.read` finds behind a URL. A URL of the query without bytes here is
        `broken`, like one that has expired."""
        self._attachments[url] = content
        return self

    def store(self, store: Store) -> Self:
        """Says what the bot remembers when it is asked: set for the test, or left by an earlier
        query.

            first = Scene().ask(Notes, "remember the milk")
            second = Scene().store(first.store).ask(Notes, "list")
        """
        self._store = store
        return self

    def knowledge(self, knowledge: Knowledge) -> Self:
        """Says what the bot knows when it is asked: documents put in for the test, or left by an
        earlier query."""
        self._knowledge = knowledge
        return self

    def budget(self, milli_cents: int) -> Self:
        """Says what the person can pay, in thousandths of a US cent."""
        self._budget = milli_cents
        return self

    def ask(self, bot: Answerer, query: Question) -> Transcript:
        """Asks a bot and returns what it said."""
        asked = query if isinstance(query, Query) else Query.of(query)
        store, knowledge = self._store.copy(), self._knowledge.copy()
        made = bot if isinstance(bot, Bot) else bot()
        module = type(made).__module__
        with self._play(module, Owners(store, knowledge)):
            settings = cast("Settings", _answer_query.settle(made.settings()))
            calls = dict(settings.server_bot_dependencies)
        owners = Owners(store, knowledge, asked.user_id, asked.conversation_id)
        with self._play(module, owners) as (world, web):
            recorder = Recorder(
                world.clock, self._characters_max, self._events_max, self._leaves_after
            )
            world.recorder = recorder
            world.calls_left = calls
            world.attached = set(_attached(asked))
            reply = Reply()
            prepared = _current_query.prepare(asked, made.inserts_attachments)
            failure, error = _answer_query.to_the_end(
                lambda: made.respond(prepared, reply), reply
            )
            recorder.end(failure)
            return Transcript(
                events=recorder.events,
                took=world.clock.now,
                error=error,
                refused=recorder.refused,
                asked=world.asked,
                uploads=world.uploads,
                charges=world.charges,
                requests=web.requests,
                times=recorder.times,
                store=store,
                knowledge=knowledge,
            )

    @contextmanager
    def during(self) -> Generator[None, None, None]:
        """Runs other functions of a bot, such as `settings`, with this request and a clock at zero:
        `with scene.during(): bot.on_error(report)`. Nobody asks there, so of what the bot remembers
        only `store.bot()` is there, and of what it knows `knowledge.bot()`."""
        with self._play(None, Owners(self._store.copy(), self._knowledge.copy())):
            yield

    def feedback(self, bot: Answerer, feedback: Feedback) -> Store:
        """Tells a bot of a like or dislike, and returns what it remembers then."""
        return self._report(bot, feedback, lambda made: made.on_feedback(feedback))

    def reaction(self, bot: Answerer, reaction: Reaction) -> Store:
        """Tells a bot of a reaction, and returns what it remembers then."""
        return self._report(bot, reaction, lambda made: made.on_reaction(reaction))

    def _report(
        self, bot: Answerer, report: Feedback | Reaction, tell: Callable[[Bot], object]
    ) -> Store:
        made = bot if isinstance(bot, Bot) else bot()
        store = self._store.copy()
        owners = Owners(store, self._knowledge.copy(), report.user_id, report.conversation_id)
        with self._play(type(made).__module__, owners):
            _answer_query.settle(tell(made))
        return store

    @contextmanager
    def _play(
        self, module: str | None, owners: Owners
    ) -> Generator[tuple[PlayedWorld, PlayedWeb], None, None]:
        """Plays the scene from its beginning. It can be within another one, which is put back."""
        clock = Clock()
        web = PlayedWeb(clock, self._upstreams)
        world = PlayedWorld(clock, self._received, self._bots, web, owners)
        world.attachments = self._attachments
        world.budget = self._budget
        before, inserted = _backend.current, _current_query.inserted
        _backend.current = world
        try:
            with _loop.installed(), _urllib.installed(), _played_time.played(clock, module):
                yield world, web
        finally:
            _backend.current, _current_query.inserted = before, inserted


def _pairs(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    if isinstance(headers, Mapping):
        return list(cast("Mapping[str, str]", headers).items())
    return list(headers)


def _attached(query: Query) -> Iterator[str]:
    """The URLs of all files of a conversation."""
    for message in query.messages:
        quoted: Message | None = message
        while quoted is not None:
            yield from (attachment.url for attachment in quoted.attachments)
            quoted = quoted.referenced_message
