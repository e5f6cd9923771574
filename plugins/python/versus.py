"""Shows two bots asked at once, and two answers that grow side by side in one reply. The bot of
plugins/versus, event for event.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ravenry import Bot, Message, PoeError, Query, Reply, Settings, poe
from ravenry.events import Event, Json, Meta, Replace, Text

#: The page is shown anew when this part of it is new. Each time counts as a whole: so a page of N
#: characters takes 17 N of those that a reply may hold, not the square of N.
NEW_SHARE = 16


@dataclass(frozen=True)
class Rival:
    """Who is asked, and the name over the answer."""

    bot: str
    title: str

    @property
    def label(self) -> str:
        return f"**{self.title}** says:\n"

    @property
    def failure(self) -> str:
        return f"**{self.title}** ran into an error"

    def own(self, message: Message) -> Message:
        """A message as this rival knows it: of what this bot said, only the rival's own part.
        Messages without such a part stay as they are."""
        _, label, part = message.content.partition(self.label)
        if message.role != "bot" or not label:
            return message
        for other in RIVALS:
            for mark in (other.label, other.failure):
                part = part.partition(mark)[0]
        return replace(message, content=part.rstrip())


RIVALS = (
    Rival("GPT-3.5-Turbo", "Gpt-3.5-Turbo"),
    Rival("Claude-3.5-Haiku", "Claude-3.5-Haiku"),
)


class Page:
    """Two texts on one page that is replaced as they grow."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._parts = {rival: bytearray() for rival in RIVALS}
        #: Bytes that the reader has not seen yet.
        self._new = 0

    def set(self, rival: Rival, text: str) -> None:
        """Puts a text in place of what stood there."""
        self._parts[rival].clear()
        self.add(rival, text)

    def add(self, rival: Rival, text: str) -> None:
        """Appends to a text."""
        added = text.encode()
        self._parts[rival] += added
        self._new += len(added)
        if self._new >= sum(map(len, self._parts.values())) // NEW_SHARE:
            self.show()

    def show(self) -> None:
        """Shows what is new, if anything is."""
        if self._new:
            self._new = 0
            parts = [part for part in self._parts.values() if part]
            self._reply.replace(b"\n\n".join(parts).decode())

    def pass_on(self, event: Event) -> None:
        """Hands on what is not part of the page."""
        self._reply.pass_on(event)


class Versus(Bot):
    """Lets two bots answer the same question."""

    async def respond(self, query: Query, reply: Reply) -> None:
        page = Page(reply)
        async with asyncio.TaskGroup() as group:
            plays = [group.create_task(play(rival, query.messages, page)) for rival in RIVALS]
        errors = [play.result() for play in plays]
        if errors[0] and errors[1]:
            raise errors[0]

    def settings(self) -> Settings:
        return Settings(server_bot_dependencies={rival.bot: 1 for rival in RIVALS})


async def play(rival: Rival, messages: Iterable[Message], page: Page) -> PoeError | None:
    """Asks one bot, and keeps its part of the page up to date. Why it failed, where it did: that is
    its own affair, as long as the other one answers."""
    page.set(rival, rival.label)
    try:
        async for event in poe.ask(rival.bot, messages=map(rival.own, messages)):
            match event:
                case Text(text):
                    page.add(rival, text)
                case Replace(text):
                    page.set(rival, rival.label + text)
                case Meta() | Json():
                    # One reply cannot look in two ways.
                    pass
                case other:
                    page.pass_on(other)
        page.show()
    except PoeError as error:
        print(f"{rival.bot} failed: {error}")
        page.set(rival, rival.failure)
        page.show()
        return error
    return None
