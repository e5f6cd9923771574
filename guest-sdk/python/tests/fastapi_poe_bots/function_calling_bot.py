"""Lets another bot call a function, once."""

from __future__ import annotations

import json
from typing import AsyncIterable

import fastapi_poe as fp


def get_current_weather(location, unit="fahrenheit"):
    """The weather at a place."""
    known = {"tokyo": "11", "san francisco": "72", "paris": "22"}
    for place, degrees in known.items():
        if place in location.lower():
            return json.dumps({"location": place, "temperature": degrees, "unit": unit})
    return json.dumps({"location": location, "temperature": "unknown"})


TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_current_weather",
            "description": "Get the current weather in a given location",
            "parameters": {
                "type": "object",
                "properties": {
                    "location": {"type": "string", "description": "A city"},
                    "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                },
                "required": ["location"],
            },
        },
    }
]


class FunctionCallingBot(fp.PoeBot):
    async def get_response(self, request: fp.QueryRequest) -> AsyncIterable[fp.PartialResponse]:
        async for message in fp.stream_request(
            request,
            "GPT-3.5-Turbo",
            request.access_key,
            tools=[fp.ToolDefinition(**tool) for tool in TOOLS],
            tool_executables=[get_current_weather],
        ):
            yield message

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(server_bot_dependencies={"GPT-3.5-Turbo": 2})


app = fp.make_app(FunctionCallingBot(), allow_without_key=True)
