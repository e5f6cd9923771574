"""One answer of a model that may call tools, put together from its pieces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from ._text import is_list, is_object
from ._tool_call import ToolCall
from .answer import Answer
from .events import Event, Json, Replace, Text

#: Most calls that one answer may hold; a model that wants more is out of order.
_CALLS_MAX = 128

#: Numbers that an index may have: 32 bits.
_INDEX_MAX = 2**32 - 1


class Turn:
    """One answer of a model that may call tools: text, calls, or both.

    Iterated, with `for` or `async for`, it reads the answer to its end and gives every event that
    is not part of a call: text within chunks as `events.Text`, chunks without a choice as they
    came. Then `text` and `calls` are whole.

        turn = Turn(poe.ask("GPT-4o", messages=messages, tools=[clock]))
        for event in turn:
            reply.pass_on(event)
        results = [call.result("12:00") for call in turn.calls]
        messages += [calls_message(turn.calls), results_message(results)]

    A model sends calls in pieces, each with the index of its call. The rules for putting them
    together are those of the platform's reference library, where they lose nothing: only the first
    choice of a chunk counts; the first piece of a call has its `id`, `type` and name, and a call
    without them is dropped; of later pieces only the arguments count. Unlike there, what comes with
    a `finish_reason` counts too, and so does text beside calls; a name with another `id` begins
    another call, also where the index is the same. At most 128 calls are kept.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        #: The text of the only answer: what came as text, and what came within chunks.
        self.text = ""
        # The calls with their indices, in the order in which they began.
        self._calls: list[tuple[int, ToolCall]] = []

    @property
    def calls(self) -> list[ToolCall]:
        """The calls, in the order of their indices."""
        return [call for _, call in sorted(self._calls, key=lambda numbered: numbered[0])]

    def __iter__(self) -> Iterator[Event]:
        for event in self._answer:
            if (passed := self._take(event)) is not None:
                yield passed

    async def __aiter__(self) -> AsyncIterator[Event]:
        async for event in self._answer:
            if (passed := self._take(event)) is not None:
                yield passed

    def _take(self, event: Event) -> Event | None:
        """Takes an event, and returns what is to be handed on."""
        if isinstance(event, Json):
            return self._take_chunk(event)
        if isinstance(event, Text):
            self.text += event.text
        elif isinstance(event, Replace):
            self.text = event.text
        return event

    def _take_chunk(self, event: Json) -> Event | None:
        choices = event.value.get("choices")
        if not is_list(choices) or not choices:
            return event
        # A `finish_reason` says that nothing follows. What comes with it is part of the answer.
        choice = choices[0]
        delta = _members(_members(choice).get("delta"))
        calls = delta.get("tool_calls")
        for call in calls if is_list(calls) else []:
            self._take_call(_members(call))
        text = delta.get("content")
        if not isinstance(text, str):
            return None
        self.text += text
        index = event.value.get("index")
        return Text(text, index if _is_index(index) else None)

    def _take_call(self, delta: Mapping[str, Any]) -> None:
        index = delta.get("index")
        if not isinstance(index, int) or isinstance(index, bool) or index < 0:
            return
        function = _members(delta.get("function"))
        identifier, name = _word(delta, "id"), _word(function, "name")
        arguments = _word(function, "arguments") or ""
        open_ = next((call for of, call in reversed(self._calls) if of == index), None)
        if open_ is not None and not _begins_another(open_, identifier, name):
            open_.arguments += arguments
            return
        kind = _word(delta, "type")
        is_whole = identifier is not None and kind is not None and name is not None
        if is_whole and len(self._calls) < _CALLS_MAX:
            call = ToolCall(identifier or "", name or "", arguments, kind or "")
            self._calls.append((index, call))


def _begins_another(call: ToolCall, identifier: str | None, name: str | None) -> bool:
    """Whether a piece with the index of this call belongs to another one. Some servers give each
    piece an `id` of its own, but a name only to the first."""
    return bool(identifier and name) and identifier != call.id


def _members(value: Any) -> Mapping[str, Any]:
    return value if is_object(value) else {}


def _word(members: Mapping[str, Any], name: str) -> str | None:
    value = members.get(name)
    return value if isinstance(value, str) else None


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _INDEX_MAX
