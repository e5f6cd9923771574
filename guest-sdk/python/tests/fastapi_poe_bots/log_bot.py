"""Shows the request as its author sees it."""

from __future__ import annotations

from pprint import pformat
from typing import AsyncIterable

import fastapi_poe as fp


class LogBot(fp.PoeBot):
    async def get_response(self, request: fp.QueryRequest) -> AsyncIterable[fp.PartialResponse]:
        request.access_key = "redacted"
        request.api_key = "redacted"
        shown = pformat(request.dict(), width=85, sort_dicts=False)
        yield fp.PartialResponse(text=f"```python\n{shown}\n```\n{request!r}")

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(allow_attachments=True, enable_image_comprehension=True)


app = fp.make_app(LogBot(), allow_without_key=True)
