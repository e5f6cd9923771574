"""Attaches a file that is deployed with it."""

from __future__ import annotations

from typing import AsyncIterable

import fastapi_poe as fp
from modal import App, Image, Mount, asgi_app


class VideoBot(fp.PoeBot):
    async def get_response(self, request: fp.QueryRequest) -> AsyncIterable[fp.PartialResponse]:
        with open("/root/assets/tiger.mp4", "rb") as file:
            file_data = file.read()
        await self.post_message_attachment(
            message_id=request.message_id, file_data=file_data, filename="tiger.mp4"
        )
        yield fp.PartialResponse(text="Attached a video.")


image = Image.debian_slim().pip_install("fastapi-poe")
assets = Mount.from_local_dir("./assets", remote_path="/root/assets")
app = App(name="video-bot", image=image, mounts=[assets])


@app.function(image=image, mounts=[assets])
@asgi_app()
def fastapi_app():
    return fp.make_app(VideoBot(), allow_without_key=True)
