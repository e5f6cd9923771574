"""Shouts what another bot says."""

from __future__ import annotations

from typing import AsyncIterable

import fastapi_poe as fp


class AllCapsBot(fp.PoeBot):
    async def get_response(self, request: fp.QueryRequest) -> AsyncIterable[fp.PartialResponse]:
        async for message in fp.stream_request(request, "GPT-3.5-Turbo", request.access_key):
            yield message.model_copy(update={"text": message.text.upper()})

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(server_bot_dependencies={"GPT-3.5-Turbo": 1})


app = fp.make_app(AllCapsBot(), allow_without_key=True)
