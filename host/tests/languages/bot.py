"""Does one thing for each word, so that a test can see what the layer for Python makes of it."""

import json
import os
import random
import sys
from collections.abc import Iterator

from componentize_py_types import Err
from ravenry import Bot, Query, Reply, Settings, Stopped, export
from wit_world.imports import poe, request
from wit_world.imports.poll import poll


class Workbench(Bot):
    def respond(self, query: Query, reply: Reply) -> Iterator[str] | None:
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
                reply.text(json.dumps([message.timestamp, names, mood]))
            case "header":
                reply.text(request.header("X-Test"))
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
                    print(f"stopped: {stopped}")
            case "yield":
                return iter(["one ", "two"])
            case "ask":
                with poe.ask("GPT-4o", json.dumps({"temperature": 0.5})) as answer:
                    while events := answer.read():
                        for event in events:
                            reply.text(f"{event.name}: {event.text}\n")
            case "both":
                answers = [poe.ask("GPT-4o", "{}") for _ in range(2)]
                waiting = [answer.subscribe() for answer in answers]
                ready = set()
                while len(ready) < 2:
                    ready |= set(poll(waiting))
                # Before the answers that they belong to.
                for pollable in waiting:
                    pollable.__exit__(None, None, None)
                for answer in answers:
                    reply.text(answer.read()[0].text)
            case "relay":
                with poe.ask("GPT-4o", "{}") as answer:
                    answer.relay()
            case "denied":
                try:
                    poe.ask("Nobody", "{}")
                except Err as error:
                    reply.text(type(error.value).__name__)
            case "half":
                reply.file("https://example.com/c", "text/plain", "n\ud83d")
                reply.text("pair \ud83d\ude00, half \ud83d")
                reply.json({"half": "\ude00"})
                print("half \ud83d")
            case "print":
                print("héllo", {"n": 1})
                print("to the other stream", file=sys.stderr)
                reply.text("printed")
        return None

    def settings(self) -> Settings:
        return Settings(
            server_bot_dependencies={"GPT-4o": 2},
            allow_attachments=False,
            parameter_controls={"sections": [{"controls": [{"control": "divider"}]}]},
            extra={"brand_new": True},
        )


Handler = export(Workbench)
