"""Has one bot write a program, another run it, and asks once more where it failed."""

from __future__ import annotations

import re
from typing import AsyncIterable

import fastapi_poe as fp

WRITER, RUNNER = "Claude-3.5-Sonnet", "Python"


def with_message(request: fp.QueryRequest, text: str) -> fp.QueryRequest:
    message = fp.ProtocolMessage(role="user", content=text)
    return request.model_copy(update={"query": [message]})


def code_of(text: str) -> str:
    found = re.findall(r"```(?:python)?\n(.*?)```", text, re.DOTALL)
    return "\n".join(found) if found else text


class CoderBot(fp.PoeBot):
    async def write(self, request: fp.QueryRequest, prompt: str) -> str:
        return await fp.get_final_response(
            with_message(request, prompt), WRITER, request.access_key
        )

    async def get_response(self, request: fp.QueryRequest) -> AsyncIterable[fp.PartialResponse]:
        wish = request.query[-1].content.strip()
        if not wish:
            yield fp.PartialResponse(text="Please say what the program should do.")
            return
        for attempt in ("Write", "Mend"):
            code = code_of(await self.write(request, f"{attempt} a program: {wish}"))
            yield fp.PartialResponse(text=f"```python\n{code}\n```\n")
            output = await fp.get_final_response(
                with_message(request, code), RUNNER, request.access_key
            )
            yield fp.PartialResponse(text=f"Output:\n{output}\n")
            if not any(word in output for word in ("Traceback (most recent call last):", "Error:")):
                break
            wish = f"{wish}\n\n{code}\n\n{output}"
        async for message in fp.stream_request(
            with_message(request, f"Sum up: {output}"), WRITER, request.access_key
        ):
            yield message

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(server_bot_dependencies={WRITER: 3, RUNNER: 2})


app = fp.make_app(CoderBot(), allow_without_key=True)
