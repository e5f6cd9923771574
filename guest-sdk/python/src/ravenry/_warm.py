"""Has a few small bots answer while a component is built, so that a query finds trodden ways.

Python makes code fit what it works on when it has run a few times, and remembers what it has looked
up. What is done here no query has to do.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable
from types import CodeType, FrameType, FunctionType
from typing import Any

import componentize_py_runtime as runtime
from componentize_py_types import Ok
from fastapi_poe import _registry
from wit_world.imports import types

from . import _component, _heap, _interpreter, _loop, _packer, bot

#: How often each answers. Python has made a piece of code fit by then. Much more often, and it gives up
#: where the bots differ: with 40 rounds a query took a quarter longer.
_ROUNDS = 3

#: One for each way in which a bot may answer.
_BOTS = (
    """
import ravenry

class Plain(ravenry.Bot):
    def respond(self, query, reply):
        for word in query.last_text.split():
            reply.text(word)
""",
    """
import ravenry

class Generator(ravenry.Bot):
    def respond(self, query, reply):
        for message in query.messages:
            yield message.content
""",
    """
import asyncio
import ravenry

class Coroutine(ravenry.Bot):
    async def respond(self, query, reply):
        reply.text(query.last_text)
""",
    """
import ravenry
from ravenry.events import Text

class Asynchronous(ravenry.Bot):
    async def respond(self, query, reply):
        yield query.last_text
        yield Text("!")
""",
    """
import fastapi_poe as fp

class Poe(fp.PoeBot):
    async def get_response(self, request):
        for word in request.query[-1].content.split():
            yield fp.PartialResponse(text=word)

fp.run(Poe())
""",
)


def up() -> None:
    """Has each bot answer, and leaves no trace of it but in Python's own memory."""
    bundles = [_packed(source) for source in _BOTS]
    code = _ran(bundles)
    _heap.fill()
    _gather(code)
    gc.collect()
    _heap.fill()
    for bundle in bundles:
        for _ in range(_ROUNDS):
            _answer(bundle)


def _packed(source: str) -> bytes:
    """The bundle of a bot."""
    try:
        return _packer.pack("/bots/bot.py", {"bot.py": source.encode()}, _interpreter.run)
    finally:
        _forget()


def _ran(bundles: list[bytes]) -> list[CodeType]:
    """The code that runs while they answer; first what runs in most of them."""
    code: Counter[CodeType] = Counter()
    for bundle in bundles:
        ran: set[CodeType] = set()

        def note(frame: FrameType, event: str, argument: object, ran: set[CodeType] = ran) -> None:
            ran.add(frame.f_code)

        sys.setprofile(note)
        try:
            _answer(bundle)
        finally:
            sys.setprofile(None)
        code.update(one for one in ran if one.co_filename != "/bots/bot.py")
    return [one for one, _ in code.most_common()]


def _gather(code: list[CodeType]) -> None:
    """Makes this code anew, one piece beside the other: it is written to wherever it branches, so it
    should be on few pages."""
    anew: dict[int, CodeType] = {}
    ids = {id(one) for one in code}

    def hot(one: CodeType) -> bool:
        return id(one) in ids or any(hot(c) for c in one.co_consts if isinstance(c, CodeType))

    def renewed(one: CodeType) -> CodeType:
        if id(one) not in anew:
            consts = tuple(
                renewed(c) if isinstance(c, CodeType) and hot(c) else c for c in one.co_consts
            )
            anew[id(one)] = one.replace(co_consts=consts)
        return anew[id(one)]

    for one in code:
        renewed(one)
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and hot(function.__code__):
            function.__code__ = renewed(function.__code__)


def _answer(bundle: bytes) -> None:
    """Has a bot answer one query."""
    call_import = runtime.call_import
    runtime.call_import = _gateway(bundle)
    try:
        _component.handler(_interpreter.bundled)().respond(_query())
    finally:
        runtime.call_import = call_import
        _forget()


def _gateway(packed: bytes) -> Callable[[int, list[Any]], Any]:
    """Takes what a bot says, and gives it its bundle."""

    def call_import(number: int, values: list[Any]) -> Any:
        match sys._getframe(1).f_code.co_name:
            case "size":
                return len(packed)
            case "read":
                offset, length = values
                return packed[offset : offset + length]
            case _:
                return Ok(None)

    return call_import


def _query() -> types.Query:
    """A question with the conversation before it, as the gateway hands it over."""
    message = types.Message(
        role="user",
        content="What is it?",
        message_type="",
        content_type="text/markdown",
        timestamp=1678299819427621,
        message_id="m-1",
        sender=None,
        feedback=[],
        attachments=[],
        parameters="{}",
        metadata="",
        reactions=[],
        referenced_message=None,
    )
    return types.Query(
        version="1.1",
        messages=[message, message, message],
        referenced_messages=[],
        user_id="u-1",
        conversation_id="c-1",
        message_id="m-2",
        metadata="",
        temperature=0.7,
        skip_system_prompt=False,
        logit_bias=[],
        stop_sequences=[],
        language_code="en",
        adopt_current_bot_name=None,
        bot_query_id="",
        users=[],
        tools=None,
        tool_calls=None,
        tool_results=None,
        query_creation_time=None,
        extra_params=None,
    )


def _forget() -> None:
    """Takes a bot out of the interpreter again."""
    sys.modules.pop("bot", None)
    bot._exported.clear()
    _registry._registries.clear()
    _interpreter.finder.bundle = None
    sys.path.clear()
    sys.argv[:] = [""]
    if not _loop.prepared:
        _loop.prepared.append(_loop.Loop())
