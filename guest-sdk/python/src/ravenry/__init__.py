"""Write a Ravenry bot in Python: one class.

A bot answers people on a chat platform. It is built as a WebAssembly component and runs inside the
gateway's sandbox; everything that it can say or ask goes through this package. The smallest one
says back what it hears:

    from ravenry import Bot, Query, Reply, export

    class Parrot(Bot):
        def respond(self, query: Query, reply: Reply) -> None:
            reply.text(query.last_text)

    export(Parrot)

It is tested natively, without WebAssembly:

    from ravenry import testing

    assert testing.ask(Parrot(), "hi").text == "hi"

The map:

- `Bot` is what you derive from, `export` makes it the component's bot.
- `Query` is what is asked: the conversation, its people, files and parameters.
- `Reply` is where the answer goes, event by event; `events` has them as objects.
- `Failure` is the polite way to give up; `Stopped` is why nothing more can be said. Both may stay
  uncaught, and so may `PoeError`, `HttpError`, `StoreError` and `KnowledgeError`.
- `Settings` says how the platform should treat the bot; `settings` has the controls that a person
  can set beside the text field.
- `poe` asks other bots and hands their answers on, reads attachments, charges.
- `tools` lets a language model use tools; `prompt` shapes conversations for one.
- `store` remembers: for the bot, for each person, for each conversation.
- `knowledge` finds the passages of the bot's documents that answer a question.
- `http` reaches the web, within the hosts of the manifest; `sse` reads streams of events.
- `request` has the request as it was received, for what the classes above leave out.
- `testing` asks a bot in native tests, and plays the other bots, the web, the store, the documents,
  the person's purse and the clock.

`asyncio` works as far as it needs no threads, sockets or processes: `respond` may be `async`, and
then `sleep`, `gather`, `create_task`, `timeout` and `TaskGroup` wait for several things at once.
`time.sleep` waits at no cost. What a bot prints is its log, and its configuration is in
`os.environ`.

Every call gets a fresh instance: no global and no cache survives it. What must be remembered is in
the query, which carries the conversation, or goes into `store`. When a bot raises, what it said stays, and the person
reads one sentence with a reference to the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import events
from ._knowledge_error import KnowledgeError
from .bot import Bot, ErrorReport, Feedback, Reaction, export
from .failure import Failure, HttpError, PoeError, Stopped, StoreError
from .query import (
    Attachment,
    Message,
    MessageFeedback,
    MessageReaction,
    Query,
    Sender,
    User,
)
from .reply import Reply
from .settings import Settings

if TYPE_CHECKING:
    from . import http, knowledge, poe, prompt, request, settings, sse, store, tools
    from . import testing as testing

__version__ = "0.1.0"

# All but `testing`, which a component does not have.
__all__ = [
    "Attachment",
    "Bot",
    "ErrorReport",
    "Failure",
    "Feedback",
    "HttpError",
    "KnowledgeError",
    "Message",
    "MessageFeedback",
    "MessageReaction",
    "PoeError",
    "Query",
    "Reaction",
    "Reply",
    "Sender",
    "Settings",
    "Stopped",
    "StoreError",
    "User",
    "events",
    "export",
    "http",
    "knowledge",
    "poe",
    "prompt",
    "request",
    "settings",
    "sse",
    "store",
    "tools",
]

#: Modules that are imported when they are first used, so that a bot without them pays nothing.
_LATE = frozenset(
    {
        "http",
        "knowledge",
        "poe",
        "prompt",
        "request",
        "settings",
        "sse",
        "store",
        "testing",
        "tools",
    }
)


def __getattr__(name: str) -> Any:
    if name in _LATE:
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
