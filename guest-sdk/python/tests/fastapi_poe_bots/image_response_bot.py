"""Shows a picture of the web."""

from __future__ import annotations

from typing import AsyncIterable

import fastapi_poe as fp

PICTURE = "https://images.example.com/photos/leopard.jpeg"


class ImageResponseBot(fp.PoeBot):
    async def get_response(self, request: fp.QueryRequest) -> AsyncIterable[fp.PartialResponse]:
        yield fp.PartialResponse(text=f"This is a test image. ![leopard]({PICTURE})")


fp.run(ImageResponseBot(), allow_without_key=True)
