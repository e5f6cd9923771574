"""Asks a model of OpenAI the last messages, and streams its answer."""

from __future__ import annotations

import os
from typing import AsyncIterable

import fastapi_poe as fp
from modal import App, Image, asgi_app
from openai import AsyncOpenAI

openai_api_key = os.getenv("OPENAI_API_KEY")
client = AsyncOpenAI()

ROLES = {"system": "system", "bot": "assistant", "user": "user"}


async def stream_answer(request: fp.QueryRequest):
    messages = []
    for message in request.query[-5:]:
        if message.role not in ROLES:
            raise ValueError("a message has a role that the model does not know")
        messages.append({"role": ROLES[message.role], "content": message.content[:50]})
    stream = await client.chat.completions.create(
        model="gpt-4o-mini", messages=messages, temperature=1.0, stream=True, max_tokens=50
    )
    async for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            yield fp.PartialResponse(text=chunk.choices[0].delta.content)


class WrapperBot(fp.PoeBot):
    async def get_response(self, request: fp.QueryRequest) -> AsyncIterable[fp.PartialResponse]:
        async for message in stream_answer(request):
            yield message


image = (
    Image.debian_slim()
    .pip_install(["fastapi-poe", "openai"])
    .env({"OPENAI_API_KEY": openai_api_key})
)
app = App("wrapper-bot")


@app.function(image=image)
@asgi_app()
def fastapi_app():
    return fp.make_app(WrapperBot(), allow_without_key=True)
