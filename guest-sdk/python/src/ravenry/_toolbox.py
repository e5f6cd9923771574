"""Tools with what they do."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar, cast, overload

from . import _answer_query, poe
from ._schema import Signature
from ._text import is_object
from ._tool_call import Tool, ToolCall, ToolResult, calls_message, results_message
from ._turn import Turn
from .query import Message, Query
from .reply import Reply

_F = TypeVar("_F", bound=Callable[..., Any])


class Toolbox:
    """Tools with what they do, used without further ado when a model asks for them.

        box = Toolbox()

        @box.tool
        def weather(city: str, days: int = 1) -> dict[str, object]:
            \"\"\"The weather of the next days.

            Args:
                city: The name of the city, in English.
            \"\"\"
            return {"city": city, "sky": "grey"}

        box.run("GPT-4o", query, reply)

    A tool that a model calls with arguments that do not fit, or that does not exist, has the result
    `{"error": "…"}`: models mend their calls when they are told. What a tool raises ends the reply,
    as if it were called by hand.
    """

    def __init__(self) -> None:
        self._tools: dict[str, tuple[Tool, Callable[..., Any], Signature | None]] = {}

    @property
    def tools(self) -> list[Tool]:
        """The tools, for `poe.ask("…", tools=box.tools)`."""
        return [tool for tool, _, _ in self._tools.values()]

    @overload
    def tool(self, function: _F) -> _F: ...

    @overload
    def tool(
        self, *, name: str | None = None, description: str | None = None, strict: bool | None = None
    ) -> Callable[[_F], _F]: ...

    def tool(
        self,
        function: Any = None,
        *,
        name: str | None = None,
        description: str | None = None,
        strict: bool | None = None,
    ) -> Any:
        """Adds a function, plain or `async`, as a tool; a decorator.

        Its name, the first paragraph of its docstring and the types of its parameters are what the
        model is told. Parameters are `str`, `int`, `float`, `bool`, `list[…]`, `dict[str, …]`,
        `Literal[…]`, or several of them with `|`; `Annotated[str, "in English"]` and the lines
        below `Args:` describe them. A parameter with a default may be left out. What the function
        returns is written as JSON. `TypeError` where a parameter cannot be described, `ValueError`
        where there is a tool of this name.
        """

        def add(added: Any) -> Any:
            signature = Signature(added)
            named = name or str(added.__name__)
            words = description or signature.description or named
            self._add(Tool(named, words, signature.schema, strict), added, signature)
            return added

        return add if function is None else add(function)

    def add(
        self,
        name: str,
        description: str,
        parameters: Mapping[str, Any],
        function: Callable[..., Any],
        *,
        strict: bool | None = None,
    ) -> None:
        """Adds a function, plain or `async`, as a tool with a JSON schema of its parameters, which
        is sent as it stands. It is called with the members of the arguments by name."""
        self._add(Tool(name, description, parameters, strict), function, None)

    def _add(
        self, tool: Tool, function: Callable[..., Any], signature: Signature | None
    ) -> None:
        if tool.name in self._tools:
            raise ValueError(f"there is a tool named {tool.name!r} already")
        self._tools[tool.name] = (tool, function, signature)

    def execute(self, calls: Iterable[ToolCall]) -> list[ToolResult]:
        """Does what these calls ask, in their order."""
        return [call.result(_answer_query.settle(self._call(call))) for call in calls]

    async def aexecute(self, calls: Iterable[ToolCall]) -> list[ToolResult]:
        """Does what these calls ask: `async` functions at the same time, while other tasks go
        on."""
        import asyncio

        asked = list(calls)
        values = await asyncio.gather(*[_awaited(self._call, call) for call in asked])
        return [call.result(value) for call, value in zip(asked, values, strict=True)]

    def _call(self, call: ToolCall) -> Any:
        if call.name not in self._tools:
            return {"error": f"there is no tool named {call.name!r}"}
        _, function, signature = self._tools[call.name]
        try:
            arguments = call.parse()
        except ValueError as error:
            return {"error": f"the arguments are not JSON: {error}"}
        if not is_object(arguments):
            return {"error": "the arguments are no JSON object"}
        members = arguments
        try:
            if signature is not None:
                members = signature.read(members)
            else:
                inspect.signature(function).bind(**members)
        except (ValueError, TypeError) as error:
            return {"error": f"the arguments do not fit: {error}"}
        return function(**members)

    def run(
        self,
        bot: str,
        query: Query | Iterable[Message] | None,
        reply: Reply,
        *,
        rounds: int = 1,
        **members: Any,
    ) -> None:
        """Asks a bot with these tools, does what the model wants done, and asks again with the
        results, so many times. Everything but the calls goes to the reader.

        Asked are the messages of the query, or those given; with `None` the very same conversation.
        `members` are those of `poe.ask`. Where the model calls no tool there is no further
        question. There are at most `rounds + 1` of them: declare as many calls of the bot in the
        settings. With more than one round the last question offers no tools, so that the model has
        to answer.

        Raises what `poe.ask` and its answer raise, and what the reply does.
        """
        talk = _Talk(self.tools, bot, query, rounds, members)
        while talk.goes_on:
            turn = talk.ask()
            for event in turn:
                reply.pass_on(event)
            if talk.wants(turn):
                talk.done(turn, self.execute(turn.calls))

    async def arun(
        self,
        bot: str,
        query: Query | Iterable[Message] | None,
        reply: Reply,
        *,
        rounds: int = 1,
        **members: Any,
    ) -> None:
        """The same, while other tasks go on."""
        talk = _Talk(self.tools, bot, query, rounds, members)
        while talk.goes_on:
            turn = talk.ask()
            async for event in turn:
                reply.pass_on(event)
            if talk.wants(turn):
                talk.done(turn, await self.aexecute(turn.calls))


async def _awaited(call: Callable[[ToolCall], Any], asked: ToolCall) -> Any:
    value = call(asked)
    return await cast("Awaitable[Any]", value) if hasattr(value, "__await__") else value


class _Talk:
    """A conversation with a model that uses tools: what is asked next."""

    def __init__(
        self,
        tools: list[Tool],
        bot: str,
        query: Query | Iterable[Message] | None,
        rounds: int,
        members: Mapping[str, Any],
    ) -> None:
        if isinstance(query, str):
            raise TypeError("ask with a query or with messages, as in `[Message.user(text)]`")
        self._tools = tools
        self._bot = bot
        messages = query.messages if isinstance(query, Query) else query
        self._messages = None if messages is None else list(messages)
        self._members = dict(members)
        self._rounds = rounds
        self._round = 0
        # What was called and came out last; what was before is in the messages.
        self._last: tuple[list[ToolCall], list[ToolResult]] | None = None
        #: Whether there is something to ask.
        self.goes_on = True

    def ask(self) -> Turn:
        """Asks, with the results of the calls before."""
        members = dict(self._members)
        if self._round < self._rounds or self._rounds <= 1:
            members["tools"] = self._tools
        if self._last is not None:
            members["tool_calls"], members["tool_results"] = self._last
        return Turn(poe.ask(self._bot, messages=self._messages, **members))

    def wants(self, turn: Turn) -> bool:
        """Whether the model wants something done, and may."""
        self.goes_on = bool(turn.calls) and self._round < self._rounds
        return self.goes_on

    def done(self, turn: Turn, results: list[ToolResult]) -> None:
        """Takes the results for the next question."""
        self._round += 1
        if self._last is not None:
            calls, before = self._last
            asked = _at_hand() if self._messages is None else self._messages
            self._messages = [*asked, calls_message(calls), results_message(before)]
        self._last = (turn.calls, results)


def _at_hand() -> list[Message]:
    """The conversation of the query at hand."""
    from . import _current_query

    return _current_query.messages
