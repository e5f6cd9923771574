"""Makes a picture while it counts the seconds. Needs PIL, which is native: the build refuses it."""

import asyncio
import io
import os
from typing import AsyncIterable, Optional, Union

import fastapi_poe as fp
import httpx
from fastapi_poe import PoeBot
from fastapi_poe.types import (
    ErrorResponse,
    MetaResponse,
    PartialResponse,
    QueryRequest,
    SettingsRequest,
    SettingsResponse,
)
from modal import App, Image, asgi_app
from PIL import Image as Picture
from sse_starlette.sse import ServerSentEvent

ENDPOINT = "https://api.fireworks.ai/inference/v1/image_generation/sdxl"


class PictureBot(PoeBot):
    async def get_settings(self, setting: SettingsRequest) -> SettingsResponse:
        return SettingsResponse(enable_multi_entity_prompting=True)

    async def generate(self, prompt: str) -> Optional[Picture.Image]:
        async with httpx.AsyncClient(timeout=None) as client:
            headers = {"Authorization": f"Bearer {os.getenv('FIREWORKS_API_KEY')}"}
            response = await client.post(ENDPOINT, headers=headers, json={"prompt": prompt})
            return Picture.open(io.BytesIO(response.content))

    async def get_response(
        self, request: QueryRequest
    ) -> AsyncIterable[Union[PartialResponse, ServerSentEvent]]:
        yield MetaResponse(text="", suggested_replies=False)
        task = asyncio.create_task(self.generate(request.query[-1].content))
        seconds = 0
        while not task.done():
            yield self.replace_response_event(f"Generating image... ({seconds} seconds)")
            await asyncio.sleep(1)
            seconds += 1
        picture = await task
        if picture is None:
            yield ErrorResponse(text="Error generating image.", allow_retry=True)
            return
        content = io.BytesIO()
        picture.save(content, format=picture.format)
        uploaded = await self.post_message_attachment(
            message_id=request.message_id,
            file_data=content.getvalue(),
            filename="image.jpg",
            is_inline=True,
        )
        yield PartialResponse(text=f"![image.jpg][{uploaded.inline_ref}]", is_replace_response=True)


app = App("picture-bot")


@app.function(image=Image.debian_slim().pip_install("fastapi-poe", "pillow"))
@asgi_app()
def fastapi_app():
    return fp.make_app(PictureBot(), allow_without_key=True)
