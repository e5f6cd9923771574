"""Bots that are one function, so that each test can say in place what they do."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Generator
from typing import Any

from ravenry import Bot, Query, Reply, Settings
from ravenry.testing import Scene, Transcript


class Does(Bot):
    """A bot that is one function, and may ask `A`, `B` and `C` five times each."""

    def __init__(self, respond: Callable[[Query, Reply], Any]) -> None:
        self._respond = respond

    def respond(self, query: Query, reply: Reply) -> Any:
        return self._respond(query, reply)

    def settings(self) -> Settings:
        return Settings(server_bot_dependencies={"A": 5, "B": 5, "C": 5})


def play(scene: Scene, respond: Callable[[Reply], Any]) -> Transcript:
    """What the function says in a scene. What it raises by mistake is raised here."""
    transcript = scene.ask(Does(lambda _, reply: respond(reply)), "hi")
    if isinstance(transcript.error, AssertionError):
        raise transcript.error
    return transcript


@contextlib.contextmanager
def quietly() -> Generator[io.StringIO, None, None]:
    """Takes what is logged."""
    with contextlib.redirect_stderr(io.StringIO()) as log:
        yield log
