"""Lets another bot call a function until it answers, and keeps the calls for later queries."""

import json
import urllib.request
from typing import AsyncIterable

import fastapi_poe as fp

MODEL = "GPT-4o"
CALLS_MAX = 10


def get_weather(latitude: float, longitude: float) -> float:
    url = f"https://api.open-meteo.com/v1/forecast?latitude={latitude}&longitude={longitude}"
    with urllib.request.urlopen(url) as response:
        return json.load(response)["current"]["temperature_2m"]


FUNCTIONS = {"get_weather": get_weather}
TOOLS = [
    fp.ToolDefinition(
        type="function",
        function={
            "name": "get_weather",
            "description": "Get the temperature for these coordinates in celsius.",
            "parameters": {
                "type": "object",
                "properties": {"latitude": {"type": "number"}, "longitude": {"type": "number"}},
                "required": ["latitude", "longitude"],
                "additionalProperties": False,
            },
            "strict": True,
        },
    )
]


def call(tool_call: fp.ToolCallDefinition) -> fp.ToolResultDefinition:
    name = tool_call.function.name
    result = FUNCTIONS[name](**json.loads(tool_call.function.arguments))
    return fp.ToolResultDefinition(
        role="tool", name=name, tool_call_id=tool_call.id, content=str(result)
    )


class LoopBot(fp.PoeBot):
    async def get_response(self, request: fp.QueryRequest) -> AsyncIterable[fp.PartialResponse]:
        expanded: list[fp.ProtocolMessage] = []
        for message in request.query:
            for kept in json.loads(message.metadata or "[]"):
                expanded.append(fp.ProtocolMessage.model_validate(kept))
            expanded.append(message.model_copy(update={"metadata": None}))
        request.query = expanded
        kept_messages: list[fp.ProtocolMessage] = []
        for turn in range(1, CALLS_MAX + 1):
            calls: dict[int, fp.ToolCallDefinition] = {}
            tools = None if turn == CALLS_MAX else TOOLS
            async for message in fp.stream_request(request, MODEL, request.access_key, tools=tools):
                if not message.tool_calls:
                    yield message
                for piece in message.tool_calls:
                    if piece.index in calls:
                        calls[piece.index].function.arguments += piece.function.arguments
                    else:
                        calls[piece.index] = piece
            if not calls:
                break
            made = json.dumps([piece.model_dump() for piece in calls.values()])
            results = json.dumps([call(piece).model_dump() for piece in calls.values()])
            for added in (
                fp.ProtocolMessage(role="bot", message_type="function_call", content=made),
                fp.ProtocolMessage(role="tool", content=results),
            ):
                request.query.append(added)
                kept_messages.append(added)
        yield fp.DataResponse(
            metadata=json.dumps([message.model_dump() for message in kept_messages])
        )

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(server_bot_dependencies={MODEL: CALLS_MAX})


app = fp.make_app(LoopBot(), allow_without_key=True)
