"""Does one thing for each word, so that a test can see what the layer for Python makes of it."""

import asyncio
import json
import os
import random
import sys
from collections.abc import Awaitable, Iterator

from ravenry import Bot, PoeError, Query, Reply, Settings, Stopped, events, poe, request


class Workbench(Bot):
    def respond(self, query: Query, reply: Reply) -> Iterator[str] | Awaitable[None] | None:
        match query.last_text:
            case "events":
                reply.meta(content_type="text/plain", linkify=False)
                reply.text("naïve 🐈\n")
                reply.text("second", index=2)
                reply.replace("instead")
                reply.replace("", index=2)
                reply.file("https://example.com/c.png", "image/png", "c.png", "c1")
                reply.data("remember me")
                reply.json({"choices": [{"delta": {"content": "é"}}]})
                reply.event("brand_new", {"n": 1})
                reply.suggest("And then?")
            case "config":
                reply.text(os.environ["greeting"])
            case "query":
                message = query.last_message
                names = [attachment.name for attachment in query.attachments]
                mood = [query.parameter("mood"), query.parameter("none", "unset")]
                reply.text(json.dumps([message and message.timestamp, names, mood]))
            case "header":
                reply.text(request.header("X-Test") or "none")
            case "random":
                reply.text(str(random.random()))
            case "raise":
                reply.text("so far")
                raise RuntimeError("nobody catches this")
            case "mistake":
                try:
                    reply.event("done", {})
                except ValueError as error:
                    reply.text(str(error))
            case "flood":
                while True:
                    reply.text("x" * 100_000)
            case "stopped":
                try:
                    reply.text("x" * 1_000_000)
                except Stopped as stopped:
                    print(f"stopped: {stopped.reason}")
            case "yield":
                return iter(["one ", "two"])
            case "ask":
                with poe.ask("GPT-4o", temperature=0.5) as answer:
                    for event in answer:
                        if isinstance(event, events.Text):
                            reply.text(f"{event.event_name}: {event.text}\n")
            case "both":
                return both(reply)
            case "relay":
                poe.ask("GPT-4o").relay()
            case "denied":
                try:
                    poe.ask("Nobody")
                except PoeError as error:
                    reply.text(error.kind)
            case "half":
                reply.file("https://example.com/c", "text/plain", "n\ud83d")
                reply.text("pair \ud83d\ude00, half \ud83d")
                reply.json({"half": "\ude00"})
                print("half \ud83d")
            case "print":
                print("héllo", {"n": 1})
                print("to the other stream", file=sys.stderr)
                reply.text("printed")
            case other:
                reply.text(f"{other}?")
        return None

    def settings(self) -> Settings:
        return Settings(
            server_bot_dependencies={"GPT-4o": 2},
            allow_attachments=False,
            parameter_controls={"sections": [{"controls": [{"control": "divider"}]}]},
            extra={"brand_new": True},
        )


async def both(reply: Reply) -> None:
    """Asks two at once, and says the first word of each."""

    async def first(answer: poe.Answer) -> str:
        async with answer:
            async for event in answer:
                if isinstance(event, events.Text):
                    return event.text
        return ""

    for text in await asyncio.gather(first(poe.ask("GPT-4o")), first(poe.ask("GPT-4o"))):
        reply.text(text)
