"""What goes wrong with a request to OpenAI, by class; the classes are those of its own library."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from ravenry import http


class StatusResponse:
    """An answer that is no success: of httpx's responses, which OpenAI's own library has here, what
    says why. Its body has been read."""

    def __init__(self, response: http.Response, text: str) -> None:
        self.status_code = response.status
        self.headers = response.headers
        self.url = response.url
        self.text = text

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"

    @property
    def content(self) -> bytes:
        """The body, in UTF-8."""
        return self.text.encode("utf-8", "replace")

    def json(self) -> Any:
        """The value of the body; `json.JSONDecodeError` where it is no JSON."""
        return json.loads(self.text)


class OpenAIError(Exception):
    """Anything that goes wrong here."""


class APIError(OpenAIError):
    """The service, or the way to it, failed. `body` is what it said about the error."""

    def __init__(self, message: str, body: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.body = body
        said: Mapping[str, Any] = (
            cast("Mapping[str, Any]", body) if isinstance(body, Mapping) else {}
        )
        self.code: str | None = said.get("code")
        self.param: str | None = said.get("param")
        self.type: str | None = said.get("type")


class APIConnectionError(APIError):
    """The service was not reached. Where the gateway does not allow it, the text says what to
    add."""

    def __init__(self, message: str = "Connection error.") -> None:
        super().__init__(message)


class APITimeoutError(APIConnectionError):
    """The service took too long."""

    def __init__(self, message: str = "Request timed out.") -> None:
        super().__init__(message)


class APIResponseValidationError(APIError):
    """The service's answer is not what was expected."""

    def __init__(self, message: str, status_code: int = 200) -> None:
        super().__init__(message)
        self.status_code = status_code


class APIStatusError(APIError):
    """The service answered with a status that is no success."""

    def __init__(self, message: str, *, response: StatusResponse, body: Any = None) -> None:
        super().__init__(message, body)
        self.response = response
        self.status_code = response.status_code
        self.request_id = response.headers.get("x-request-id")


class BadRequestError(APIStatusError):
    """400: the request is at fault."""


class AuthenticationError(APIStatusError):
    """401: the key is."""


class PermissionDeniedError(APIStatusError):
    """403: the key does not allow this."""


class NotFoundError(APIStatusError):
    """404: there is no such model, or no such address."""


class ConflictError(APIStatusError):
    """409."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is at fault."""


class RateLimitError(APIStatusError):
    """429: too many requests, or nothing left to pay with."""


class InternalServerError(APIStatusError):
    """500 and above: the service is at fault."""


_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def of_status(response: http.Response, text: str) -> APIStatusError:
    """The error for an answer that is no success, and its body."""
    body: Any = text
    said: object = None
    try:
        value: Any = json.loads(text)
        body = said = value
    except ValueError:
        pass
    if isinstance(body, dict):
        members = cast("dict[str, Any]", body)
        body = members.get("error", members)
        said = (
            cast("dict[str, Any]", body).get("message", members) if isinstance(body, dict) else body
        )
    message = f"Error code: {response.status}" + ("" if said is None else f" - {said}")
    kind = InternalServerError if response.status >= 500 else APIStatusError
    error = _BY_STATUS.get(response.status, kind)
    return error(message, response=StatusResponse(response, text), body=body)


def of_http(error: http.HttpError) -> APIConnectionError:
    """The error for a request that brought no answer."""
    if error.kind == "timeout":
        return APITimeoutError(f"Request timed out: {error}")
    return APIConnectionError(f"Connection error: {error}")
