"""Asks two bots at once, and shows both answers as they grow."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from typing import AsyncIterable, AsyncIterator

import fastapi_poe as fp

BOTS = ("GPT-3.5-Turbo", "Claude-3.5-Haiku")


async def together(*streams: AsyncIterator[fp.PartialResponse]):
    open_streams = dict(enumerate(streams))
    parts: dict[int, list[str]] = defaultdict(list)

    async def advance(place: int):
        try:
            return place, await open_streams[place].__anext__()
        except StopAsyncIteration:
            return place, None

    while open_streams:
        for step in asyncio.as_completed([advance(place) for place in open_streams]):
            place, message = await step
            if message is None:
                del open_streams[place]
            elif isinstance(message, fp.MetaResponse):
                continue
            elif message.is_suggested_reply:
                yield message
            else:
                if message.is_replace_response:
                    parts[place] = []
                parts[place].append(message.text)
                text = "\n\n".join("".join(pieces) for pieces in parts.values())
                yield fp.PartialResponse(text=text, is_replace_response=True)


def own_part(message: fp.ProtocolMessage, bot: str) -> fp.ProtocolMessage:
    if message.role == "bot":
        parts = re.split(r"\*\*([\w\-.]+)\*\* says:\n", message.content)
        for name, text in zip(parts[1::2], parts[2::2]):
            if name.casefold() == bot.casefold():
                return message.model_copy(update={"content": text})
    return message


async def labelled(request: fp.QueryRequest, bot: str) -> AsyncIterator[fp.PartialResponse]:
    label = fp.PartialResponse(text=f"**{bot.title()}** says:\n", is_replace_response=True)
    yield label
    own = request.model_copy(update={"query": [own_part(m, bot) for m in request.query]})
    async for message in fp.stream_request(own, bot, request.access_key):
        if message.is_replace_response:
            yield label
        yield message.model_copy(update={"is_replace_response": False})


class VersusBot(fp.PoeBot):
    async def get_response(self, request: fp.QueryRequest) -> AsyncIterable[fp.PartialResponse]:
        async for message in together(*(labelled(request, bot) for bot in BOTS)):
            yield message

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(server_bot_dependencies=dict.fromkeys(BOTS, 1))


app = fp.make_app(VersusBot(), allow_without_key=True)
