"""The gateway's interfaces `reply`, `request`, `poe`, `types` and `handler`, played.

Beside `_fake_wasi`, which plays WASI, `_fake_keyvalue`, which plays its store, and
`_fake_knowledge`. The records have the members and the order of the generated bindings. What is called is kept in `calls`; `refusals` says what is refused.
"""

from __future__ import annotations

import sys
from dataclasses import make_dataclass
from types import ModuleType
from typing import Any

import _fake_keyvalue as keyvalue
import _fake_knowledge as knowledge
import _fake_wasi as wasi

_RECORDS = {
    "User": "id name",
    "Sender": "id name",
    "MessageFeedback": "feedback_type reason",
    "MessageReaction": "user_id reaction",
    "Attachment": "url content_type name inline_ref parsed_content",
    "Message": "role content message_type content_type timestamp message_id sender feedback"
    " attachments parameters metadata referenced_message reactions",
    "Query": "version messages referenced_messages user_id conversation_id message_id metadata"
    " temperature skip_system_prompt logit_bias stop_sequences language_code"
    " adopt_current_bot_name bot_query_id users tools tool_calls tool_results"
    " query_creation_time extra_params",
    "MetaEvent": "content_type suggested_replies linkify refetch_settings",
    "FileEvent": "url content_type name inline_ref",
    "Failure": "text allow_retry error_type",
    "BotSettings": "server_bot_dependencies allow_attachments expand_text_attachments"
    " enable_image_comprehension introduction_message enforce_author_role_alternation"
    " enable_multi_entity_prompting rate_card cost_label parameter_controls extra",
    "Feedback": "message_id user_id conversation_id feedback_type",
    "Reaction": "message_id user_id conversation_id reaction",
    "ErrorReport": "message metadata",
}
_STOPPED = {"TooLong": "", "Ended": "", "Gone": "", "Invalid": "value", "Other": "value"}
_POE_ERRORS = {
    "Denied": "value",
    "Invalid": "value",
    "Said": "value",
    "Broken": "value",
    "InsufficientFund": "",
    "TooLarge": "value",
    "Stopped": "value",
    "Other": "value",
}

#: What the component called, in order.
calls: list[tuple[Any, ...]] = []

#: By the name of a function, what it refuses with, the next first.
refusals: dict[str, list[Any]] = {}

#: What other bots say: pieces for `read`; an exception is refused with its value.
answers: list[list[Any]] = []

types: Any = ModuleType("wit_world.imports.types")
reply: Any = ModuleType("wit_world.imports.reply")
poe: Any = ModuleType("wit_world.imports.poe")
request: Any = ModuleType("wit_world.imports.request")
exports: Any = ModuleType("wit_world.exports")


def _record(name: str, members: str) -> type:
    return make_dataclass(name, members.split())


def _called(name: str, *values: Any, gives: Any = None) -> Any:
    calls.append((name, *values))
    if refusals.get(name):
        raise wasi.Err(refusals[name].pop(0))
    return gives


class Answer(wasi.Handle):
    """What another bot says. Closing it while a pollable of it is open is a trap."""

    def __init__(self) -> None:
        super().__init__("answer")
        self._said = answers.pop(0)

    def read(self) -> list[Any]:
        self.live()
        said = self._said.pop(0) if self._said else []
        if isinstance(said, wasi.Err):
            raise said
        return said

    def subscribe(self) -> wasi.Pollable:
        return wasi.Pollable("pollable of answer", self, lambda: True)

    def relay(self) -> None:
        _called("relay")

    def relay_text(self) -> None:
        _called("relay_text")


class FileWriter:
    """A file that is written piece by piece."""

    def __init__(self, name: str, content_type: str | None) -> None:
        _called("new", name, content_type)

    def write(self, piece: bytes) -> None:
        _called("write", len(piece))

    @classmethod
    def finish(cls, this: Any, inline: bool) -> Any:
        return _called("finish", inline, gives=types.FileEvent("u", "t", "n", None))

    def __exit__(self, *_: Any) -> None:
        _called("drop")


class Handler:
    """What a component exports."""


def install() -> None:
    """Puts this in the place of the generated bindings."""
    wasi.install()
    keyvalue.install()
    knowledge.install()
    if hasattr(types, "Query"):
        return
    for name, members in _RECORDS.items():
        setattr(types, name, _record(name, members))
    for name, members in _STOPPED.items():
        setattr(reply, f"Stopped_{name}", _record(f"Stopped_{name}", members))
    for name, members in _POE_ERRORS.items():
        setattr(poe, f"PoeError_{name}", _record(f"PoeError_{name}", members))
    for name in "text text_at replace replace_at suggest meta file data json error event".split():
        setattr(reply, name, lambda *values, name=name: _called(name, *values))
    poe.SaidEvent = _record("SaidEvent", "name text index data")
    poe.CostItem = _record("CostItem", "amount_usd_milli_cents description")
    poe.Answer, poe.FileWriter = Answer, FileWriter

    def ask(bot: str, body: str) -> Answer:
        _called("ask", bot, body)
        return Answer()

    poe.ask = ask
    poe.read_attachment = lambda *values: _called("read_attachment", *values, gives=b"bytes")
    for name in ("authorize", "capture"):
        setattr(poe, name, lambda *values, name=name: _called(name, *values))
    for name in ("attach", "attach_url"):
        file = types.FileEvent("u", "t", "n", "r")
        setattr(
            poe, name, lambda *values, name=name, file=file: _called(name, *values, gives=file)
        )
    request.raw = lambda: '{"new": 1}'
    request.header = lambda name: f"<{name}>"
    request.headers = lambda: [("a", "b")]
    request.reference = lambda: "k3x9"
    exports.Handler = Handler
    world: Any = sys.modules["wit_world"]
    world.exports = exports
    sys.modules["wit_world.exports"] = exports
    imports: Any = sys.modules["wit_world.imports"]
    for module in (types, reply, poe, request):
        setattr(imports, module.__name__.rpartition(".")[2], module)
        sys.modules[module.__name__] = module


def begin() -> None:
    """Forgets what was called, and begins with a gateway of its own."""
    calls.clear()
    refusals.clear()
    answers.clear()
    keyvalue.begin()
    knowledge.begin()
    wasi.play(wasi.Gateway())
