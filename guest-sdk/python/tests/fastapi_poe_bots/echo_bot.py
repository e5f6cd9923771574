"""Says back what it hears. The least that such a file has."""

from __future__ import annotations

import os
from typing import AsyncIterable

import fastapi_poe as fp
from modal import App, Image, asgi_app

bot_access_key = os.getenv("POE_ACCESS_KEY")
bot_name = ""


class EchoBot(fp.PoeBot):
    async def get_response(self, request: fp.QueryRequest) -> AsyncIterable[fp.PartialResponse]:
        yield fp.PartialResponse(text=request.query[-1].content)


image = Image.debian_slim().pip_install("fastapi-poe").env({"POE_ACCESS_KEY": bot_access_key})
app = App("echo-bot")


@app.function(image=image)
@asgi_app()
def fastapi_app():
    return fp.make_app(
        EchoBot(),
        access_key=bot_access_key,
        bot_name=bot_name,
        allow_without_key=not (bot_access_key and bot_name),
    )
