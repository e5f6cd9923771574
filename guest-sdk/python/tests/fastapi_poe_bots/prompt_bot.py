"""Puts a prompt before the conversation, and hands on what another bot says to it."""

from __future__ import annotations

from typing import AsyncIterable

import fastapi_poe as fp

PROMPT = "All your replies are Haikus."


class PromptBot(fp.PoeBot):
    async def get_response(self, request: fp.QueryRequest) -> AsyncIterable[fp.PartialResponse]:
        request.query = [fp.ProtocolMessage(role="system", content=PROMPT)] + request.query
        async for message in fp.stream_request(request, "Claude-3-Haiku", request.access_key):
            yield message

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(server_bot_dependencies={"Claude-3-Haiku": 1})


if __name__ == "__main__":
    fp.run(PromptBot(), allow_without_key=True)
