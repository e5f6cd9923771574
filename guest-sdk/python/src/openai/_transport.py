"""One request to the service, with its attempts: waiting, or awaited."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ravenry import http

from ._errors import APIStatusError, OpenAIError, of_http, of_status
from ._objects import is_omitted, plain

_BASE_URL = "https://api.openai.com/v1"

# Seconds until the first byte and between bytes, as in OpenAI's library.
_TIMEOUT = 600.0

# Seconds before the second attempt, and the most before a later one.
_PAUSE = 0.5
_PAUSE_MAX = 8.0

# The most that a service may ask to wait.
_RETRY_AFTER_MAX = 60.0

# Parameters of every function that belong to the request, not to the question.
OPTIONS = ("extra_headers", "extra_query", "extra_body", "timeout")


@dataclass(frozen=True)
class Config:
    """How a client reaches the service. What is `None` is taken from the environment at each use:
    a component's configuration comes with the query."""

    api_key: str | None = None
    organization: str | None = None
    project: str | None = None
    base_url: str | None = None
    timeout: float | http.Timeouts | None = None
    max_retries: int = 2
    headers: Mapping[str, str] | None = None
    query: Mapping[str, Any] | None = None

    def changed(self, **members: Any) -> Config:
        """The same, but for these members."""
        return replace(
            self, **{name: value for name, value in members.items() if value is not None}
        )


@dataclass(frozen=True)
class Call:
    """A request as `http` takes it."""

    url: str
    headers: Mapping[str, str]
    body: Any
    params: Mapping[str, Any] | None
    timeout: float | http.Timeouts


def call(config: Config, path: str, members: Mapping[str, Any]) -> Call:
    """The request that asks this; `members` are the parameters of the function called."""
    given = {name: value for name, value in members.items() if not is_omitted(value)}
    options = {name: given.pop(name, None) for name in OPTIONS}
    key = config.api_key or os.environ.get("OPENAI_API_KEY")
    if not key:
        raise OpenAIError(
            "The api_key client option must be set either by passing api_key to the client or by "
            "setting the OPENAI_API_KEY environment variable"
        )
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    organization = config.organization or os.environ.get("OPENAI_ORG_ID")
    project = config.project or os.environ.get("OPENAI_PROJECT_ID")
    if organization:
        headers["OpenAI-Organization"] = organization
    if project:
        headers["OpenAI-Project"] = project
    headers |= {**(config.headers or {}), **(options["extra_headers"] or {})}
    base = (config.base_url or os.environ.get("OPENAI_BASE_URL") or _BASE_URL).rstrip("/")
    timeout = options["timeout"] or config.timeout or _TIMEOUT
    params: dict[str, Any] = {**(config.query or {}), **(options["extra_query"] or {})}
    body = plain({**given, **(options["extra_body"] or {})})
    return Call(f"{base}/{path}", headers, body, params or None, timeout)


def send(config: Config, request: Call) -> http.Response:
    """Sends a request, again where that may help; everything stands still meanwhile."""
    for attempt in range(config.max_retries + 1):
        left = config.max_retries - attempt
        try:
            response = http.post(
                request.url,
                headers=dict(request.headers),
                params=request.params,
                json=request.body,
                timeout=request.timeout,
            )
        except http.HttpError as error:
            pause = _pause_after(error, attempt, left)
            if pause is None:
                raise of_http(error) from error
        else:
            if response.ok:
                return response
            with response:
                refused = of_status(response, response.text())
            pause = _pause_of(refused, attempt, left)
            if pause is None:
                raise refused
        time.sleep(pause)
    raise OpenAIError("`max_retries` is at least 0")


async def asend(config: Config, request: Call) -> http.Response:
    """The same, while other tasks go on."""
    for attempt in range(config.max_retries + 1):
        left = config.max_retries - attempt
        try:
            response = await http.fetch(
                "POST",
                request.url,
                headers=dict(request.headers),
                params=request.params,
                json=request.body,
                timeout=request.timeout,
            )
        except http.HttpError as error:
            pause = _pause_after(error, attempt, left)
            if pause is None:
                raise of_http(error) from error
        else:
            if response.ok:
                return response
            async with response:
                refused = of_status(response, await response.atext())
            pause = _pause_of(refused, attempt, left)
            if pause is None:
                raise refused
        await asyncio.sleep(pause)
    raise OpenAIError("`max_retries` is at least 0")


def _pause(attempt: int) -> float:
    return min(_PAUSE * 2.0**attempt, _PAUSE_MAX)


def _pause_after(error: http.HttpError, attempt: int, left: int) -> float | None:
    """Seconds before the next attempt after a request without an answer; `None`: no more."""
    return _pause(attempt) if left > 0 and error.kind in ("broken", "timeout") else None


def _pause_of(error: APIStatusError, attempt: int, left: int) -> float | None:
    """The same after an answer that is no success."""
    status = error.status_code
    if left <= 0 or not (status in (408, 409, 429) or status >= 500):
        return None
    try:
        asked = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return _pause(attempt)
    return asked if 0 < asked <= _RETRY_AFTER_MAX else _pause(attempt)
