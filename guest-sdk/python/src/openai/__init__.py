"""OpenAI for bots: conversations with models and pictures, over the gateway's web.

    from openai import AsyncOpenAI

    client = AsyncOpenAI()
    stream = await client.chat.completions.create(model="gpt-4o-mini", messages=[…], stream=True)
    async for chunk in stream:
        …

`chat.completions.create` (with streaming and tools) and `images.generate`, of `OpenAI` and of
`AsyncOpenAI`, with the errors of OpenAI's own library by class. Everything else is refused by name.
The host, `https://api.openai.com` unless `base_url` or `OPENAI_BASE_URL` says otherwise, must be
in the manifest's `allowed_outbound_hosts`.

Different on purpose: the key (`OPENAI_API_KEY`) is looked for when a request is made, because a
component is built without it; objects are no pydantic models, but have `model_dump` and `to_dict`.
"""

from __future__ import annotations

from typing import NoReturn

from . import _client, types
from ._client import AsyncOpenAI, OpenAI
from ._errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    OpenAIError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
)
from ._objects import NOT_GIVEN, NotGiven
from ._streaming import AsyncStream, Stream

Client = OpenAI
AsyncClient = AsyncOpenAI

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncClient",
    "AsyncOpenAI",
    "AsyncStream",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "ConflictError",
    "InternalServerError",
    "NOT_GIVEN",
    "NotFoundError",
    "NotGiven",
    "OpenAI",
    "OpenAIError",
    "PermissionDeniedError",
    "RateLimitError",
    "Stream",
    "UnprocessableEntityError",
    "types",
]


def __getattr__(name: str) -> NoReturn:
    if name.startswith("__"):
        raise AttributeError(name)
    raise ImportError(
        f"`openai.{name}` is not in the `openai` that bots have: its clients `OpenAI` and "
        f"`AsyncOpenAI` offer {_client.OFFERED}; `ravenry.http` reaches everything else"
    )
