"""Other bots of the platform, as a test writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ._text import is_list
from ._tool_call import ToolCall
from .events import Event, Json, Text
from .failure import Failure, PoeError
from .query import Message

#: One step: seconds to wait, an event to say, or an error to end with.
Step = float | Event | PoeError


class Script:
    """What another bot says in a test, step by step.

        Script("hello")                                        # all at once
        Script("hel").wait(2).fail(Failure("Out of words."))   # slow, and broken
    """

    def __init__(self, text: str | None = None) -> None:
        #: The steps: seconds to wait, events, errors.
        self.steps: list[Step] = []
        if text is not None:
            self.text(text)

    def __repr__(self) -> str:
        return f"Script({self.steps!r})"

    def text(self, text: str) -> Script:
        """Says text."""
        return self.event(Text(text))

    def event(self, event: Event) -> Script:
        """Says an event."""
        self.steps.append(event)
        return self

    def wait(self, seconds: float) -> Script:
        """Pauses, on the clock of the scene."""
        self.steps.append(float(seconds))
        return self

    def fail(self, failure: Failure) -> Script:
        """Ends with an error event."""
        return self.breaks(PoeError("said", said=failure))

    def breaks(self, error: PoeError) -> Script:
        """Ends with any error, such as `broken` for a bot that breaks off."""
        self.steps.append(error)
        return self

    def tool_calls(self, calls: Iterable[ToolCall]) -> Script:
        """Calls tools, each in two pieces, as models do."""
        for index, call in enumerate(calls):
            first = {
                "index": index,
                "id": call.id,
                "type": call.kind,
                "function": {"name": call.name, "arguments": ""},
            }
            more = {"index": index, "function": {"arguments": call.arguments}}
            self._chunk({"tool_calls": [first]}, None)._chunk({"tool_calls": [more]}, None)
        return self._chunk({}, "tool_calls")

    def _chunk(self, delta: dict[str, Any], reason: str | None) -> Script:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return self.event(Json({"choices": [choice]}))


@dataclass(slots=True)
class Asked:
    """What another bot was asked."""

    #: The name of the bot.
    bot: str
    #: What differs from the query at hand: `{}` for the very same conversation.
    body: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def messages(self) -> list[Message]:
        """The messages that were sent instead of the conversation; empty where it was the same.

        Messages that make no sense are left out.
        """
        query = self.body.get("query")
        messages: list[Message] = []
        for message in query if is_list(query) else []:
            try:
                messages.append(Message.from_json(message))
            except ValueError:
                pass
        return messages


#: What stands for an answer: a script, its only text, or the failure that it is.
Answers = Script | str | Failure

#: An answer that depends on what is asked.
Answering = Callable[[Asked], Answers]


def script_of(answer: Answers) -> Script:
    """The script that an answer stands for."""
    if isinstance(answer, Script):
        return answer
    return Script().fail(answer) if isinstance(answer, Failure) else Script(answer)


class PlayedBots:
    """The other bots of a scene."""

    def __init__(self) -> None:
        self._scripts: dict[str, list[Script]] = {}
        self._made: dict[str, Answering] = {}

    def add(self, name: str, answer: Answers | Answering) -> None:
        """Adds the next answer of a bot, or what makes all of them."""
        if callable(answer):
            self._made[name] = answer
        else:
            self._scripts.setdefault(name, []).append(script_of(answer))

    def answer(self, asked: Asked, before: int) -> Script:
        """The answer to a question that comes after this many others to the same bot; `PoeError`
        where there is none."""
        if asked.bot in self._made:
            return script_of(self._made[asked.bot](asked))
        scripts = self._scripts.get(asked.bot)
        if scripts is None:
            raise PoeError("broken", f"this scene has no bot `{asked.bot}`")
        if before >= len(scripts):
            raise PoeError(
                "broken", f"this scene has {len(scripts)} answers of `{asked.bot}`, and no more"
            )
        return scripts[before]
