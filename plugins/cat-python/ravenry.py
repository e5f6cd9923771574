"""Write a Ravenry bot in Python: a class with `respond`, made the component's bot by `export`.

    from ravenry import Bot, Query, Reply, export

    class Parrot(Bot):
        def respond(self, query: Query, reply: Reply) -> None:
            reply.text(query.last_text)
            reply.suggest("Say it again")

    Handler = export(Parrot)

What Python's snapshot means for a bot:

- Modules are imported when the component is built. Import at the top of a file; an `import` inside
  a function finds only what was imported somewhere before.
- Every call gets a fresh copy of that state, and nothing of it survives the call. A value computed
  at the top of a file costs no query anything; `os.environ`, `random` and the clocks are those of
  the query.
- `print` is the bot's log, `os.environ` its config, and `time.sleep` waits at no cost.
- An exception that nobody catches ends the reply with a sentence for the person. The traceback is
  in the log. Raise `Failure` to choose the sentence.

The interface itself is in `wit_world.imports` (`reply`, `request`, `poe`, `types`), for what this
file leaves out. Lines that are not needed can go: the file is yours.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import reply as gateway, types
from wit_world.imports.types import Attachment, ErrorReport, Feedback, Message, Reaction

# A bot may be left to wait for long, or be stopped: what it printed must be out by then.
sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")


def whole(value: Any) -> Any:
    """The same, with text that is UTF-8: halves of a character are joined, or become U+FFFD.

    Text from `json.loads` can have them, and so has text that was cut between two UTF-16 units.
    """
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return value
    if isinstance(value, (list, tuple)):
        return type(value)(map(whole, value))
    if is_dataclass(value):
        return replace(value, **{name: whole(member) for name, member in vars(value).items()})
    return value


# A codec is a module, and has to be there when the component is built.
whole("\ud800")


class Failure(Exception):
    """Raised by a bot to give up politely: what was said stays, and this is shown below it.

    Without a text, the gateway finds a sentence. `error_type` is a word for programs, such as
    `user_message_too_long` or `insufficient_fund`.
    """

    def __init__(
        self, text: str | None = None, *, allow_retry: bool = True, error_type: str | None = None
    ) -> None:
        super().__init__(text)
        self.wit = whole(types.Failure(text, allow_retry, error_type))


class Stopped(Exception):
    """Raised by a `Reply` that takes no more: it is too long, it is over, or nobody reads it.

    No fault of the bot: uncaught, it ends `respond` quietly.
    """


@dataclass
class Query(types.Query):
    """One question, with the conversation that leads up to it; see `types.Query` for its members."""

    @property
    def last_message(self) -> Message | None:
        """The message that is to be answered; `None` in an empty conversation."""
        return self.messages[-1] if self.messages else None

    @property
    def last_text(self) -> str:
        """The text that is to be answered; empty in an empty conversation."""
        return self.messages[-1].content if self.messages else ""

    @property
    def attachments(self) -> list[Attachment]:
        """The files attached to the message that is to be answered."""
        return self.messages[-1].attachments if self.messages else []

    def parameter(self, name: str, default: Any = None) -> Any:
        """What the person set with the control of this name; it can be of any JSON type."""
        parameters = self.messages[-1].parameters if self.messages else "{}"
        return json.loads(parameters).get(name, default)


@dataclass
class Settings:
    """How the platform should treat a bot. What is `None` is left out, and its default holds."""

    server_bot_dependencies: dict[str, int] = field(default_factory=dict)
    allow_attachments: bool | None = None
    expand_text_attachments: bool | None = None
    enable_image_comprehension: bool | None = None
    introduction_message: str | None = None
    enforce_author_role_alternation: bool | None = None
    enable_multi_entity_prompting: bool | None = None
    rate_card: str | None = None
    cost_label: str | None = None
    parameter_controls: dict[str, Any] | None = None
    extra: dict[str, Any] | None = None

    def wit(self) -> types.BotSettings:
        """The same as the gateway takes it."""
        dependencies = list(self.server_bot_dependencies.items())
        values = dict(vars(self), server_bot_dependencies=dependencies)
        for name in ("parameter_controls", "extra"):
            if values[name] is not None:
                values[name] = json.dumps(values[name])
        return whole(types.BotSettings(**values))


class Reply:
    """Where the answer goes, event by event.

    Everything raises `Stopped` when the reply takes no more, and `ValueError` for an event that
    makes no sense. `index` names one of several answers that are shown side by side.
    """

    def text(self, text: str, *, index: int | None = None) -> None:
        """Appends text."""
        self._say("text", text) if index is None else self._say("text_at", index, text)

    def replace(self, text: str, *, index: int | None = None) -> None:
        """Puts this in place of all text so far."""
        self._say("replace", text) if index is None else self._say("replace_at", index, text)

    def suggest(self, text: str) -> None:
        """Offers something to say next. Comes last in a reply."""
        self._say("suggest", text)

    def meta(
        self,
        *,
        content_type: str | None = None,
        suggested_replies: bool | None = None,
        linkify: bool | None = None,
        refetch_settings: bool | None = None,
    ) -> None:
        """Says how the reply is to be shown. Comes first in a reply."""
        meta = types.MetaEvent(content_type, suggested_replies, linkify, refetch_settings)
        self._say("meta", meta)

    def file(self, url: str, content_type: str, name: str, inline_ref: str | None = None) -> None:
        """Attaches a file that is on the web already."""
        self._say("file", types.FileEvent(url, content_type, name, inline_ref))

    def data(self, metadata: str) -> None:
        """Attaches hidden text that later queries bring back as `message.metadata`."""
        self._say("data", metadata)

    def json(self, value: dict[str, Any]) -> None:
        """Sends an object, such as a tool call."""
        self._say("json", json.dumps(value))

    def event(self, name: str, value: dict[str, Any]) -> None:
        """Sends an event that there is no function for."""
        self._say("event", name, json.dumps(value))

    def _say(self, name: str, *args: Any) -> None:
        try:
            getattr(gateway, name)(*whole(args))
        except Err as error:
            if isinstance(error.value, gateway.Stopped_Invalid):
                raise ValueError(error.value.value) from None
            raise Stopped(type(error.value).__name__.removeprefix("Stopped_")) from None


class Bot:
    """What a bot is. Only `respond` is required."""

    def respond(self, query: Query, reply: Reply) -> Iterator[str] | None:
        """Answers one query. May be a generator: texts that it yields are said."""
        raise NotImplementedError

    def settings(self) -> Settings:
        """How the platform should treat this bot."""
        return Settings()

    def on_feedback(self, feedback: Feedback) -> None:
        """A person liked or disliked a message of this bot."""

    def on_reaction(self, reaction: Reaction) -> None:
        """A person put a reaction on a message of this bot."""

    def on_error(self, report: ErrorReport) -> None:
        """The platform could not make sense of something that this bot sent."""
        print(f"the platform reports {report.message!r}: {report.metadata}")


def export(make: Callable[[], Bot]) -> type[exports.Handler]:
    """Makes a class the bot of this component, which looks for the name `Handler` in its module."""

    class Handler(exports.Handler):
        def respond(self, query: types.Query) -> None:
            try:
                tell(make(), Query(**vars(query)), Reply())
            except Stopped:
                pass
            except Failure as failure:
                raise Err(failure.wit) from None

        def settings(self) -> types.BotSettings:
            return make().settings().wit()

        def on_feedback(self, feedback: Feedback) -> None:
            make().on_feedback(feedback)

        def on_reaction(self, reaction: Reaction) -> None:
            make().on_reaction(reaction)

        def on_error(self, report: ErrorReport) -> None:
            make().on_error(report)

    return Handler


def asked(bot: Bot, text: str) -> list[tuple[Any, ...]]:
    """For tests: what a bot says to this text, each as the function's name and its values."""
    said: list[tuple[Any, ...]] = []

    class Transcript(Reply):
        def _say(self, name: str, *args: Any) -> None:
            said.append((name, *args))

    message = Message(
        "user", text, None, "text/markdown", 0, "m-1", None, [], [], "{}", None, None, []
    )
    people = ("u-1", "c-1", "m-2", "")
    hints = (None, False, [], [], "en", None, "", [], None, None, None, None, None)
    try:
        tell(bot, Query("1.2", [message], [], *people, *hints), Transcript())
    except Failure as failure:
        said.append(("error", failure.wit))
    return said


def tell(bot: Bot, query: Query, reply: Reply) -> None:
    """Has a bot answer into a reply, and says what it yields."""
    for text in bot.respond(query, reply) or ():
        reply.text(text)
