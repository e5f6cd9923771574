"""The clients: `OpenAI` waits, `AsyncOpenAI` is awaited."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, NoReturn, Self

from ravenry import http

from ._errors import APIResponseValidationError, OpenAIError, of_http
from ._objects import ChatCompletion, ChatCompletionChunk, ImagesResponse, OpenAIObject
from ._streaming import AsyncStream, Stream
from ._transport import Call, Config, asend, call, send

OFFERED = "`chat.completions.create` and `images.generate`"


class Refusing:
    """A part of a client. What it does not have is refused by name."""

    _title = ""

    def __init__(self, config: Config) -> None:
        self._config = config

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(
            f"`{self._title}.{name}` is not in the `openai` that bots have, which offers "
            f"{OFFERED}; `ravenry.http` reaches everything else"
        )


def _object(kind: type[OpenAIObject], value: Any, response: http.Response) -> Any:
    if not isinstance(value, dict):
        raise APIResponseValidationError(
            "Data returned by API invalid for expected schema.", response.status
        )
    return kind(**value)


def _asked(config: Config, path: str, members: Mapping[str, Any], *required: str) -> Call:
    for name in required:
        if name not in members:
            raise TypeError(f"Missing required arguments; expected `{name}`")
    return call(config, path, members)


def _read(kind: type[OpenAIObject], response: http.Response) -> Any:
    with response:
        try:
            return _object(kind, response.json(), response)
        except http.HttpError as error:
            raise _unread(error) from error


async def _aread(kind: type[OpenAIObject], response: http.Response) -> Any:
    async with response:
        try:
            return _object(kind, await response.ajson(), response)
        except http.HttpError as error:
            raise _unread(error) from error


def _unread(error: http.HttpError) -> OpenAIError:
    if error.kind == "malformed":
        return APIResponseValidationError(str(error))
    return of_http(error)


class Completions(Refusing):
    """`client.chat.completions`."""

    _title = "chat.completions"

    def create(self, **members: Any) -> Any:
        """Asks a model. With `stream=True` a `Stream` of chunks, else a `ChatCompletion`.

        The parameters are those of the service; those with no name here are passed on too.
        """
        request = _asked(self._config, "chat/completions", members, "messages", "model")
        response = send(self._config, request)
        if members.get("stream"):
            return Stream(ChatCompletionChunk, response)
        return _read(ChatCompletion, response)


class AsyncCompletions(Refusing):
    """`client.chat.completions`, awaited."""

    _title = "chat.completions"

    async def create(self, **members: Any) -> Any:
        """The same, while other tasks go on; a stream is an `AsyncStream`."""
        request = _asked(self._config, "chat/completions", members, "messages", "model")
        response = await asend(self._config, request)
        if members.get("stream"):
            return AsyncStream(ChatCompletionChunk, response)
        return await _aread(ChatCompletion, response)


class Images(Refusing):
    """`client.images`."""

    _title = "images"

    def generate(self, **members: Any) -> ImagesResponse:
        """Has a model make pictures."""
        response = send(self._config, _asked(self._config, "images/generations", members, "prompt"))
        made: ImagesResponse = _read(ImagesResponse, response)
        return made


class AsyncImages(Refusing):
    """`client.images`, awaited."""

    _title = "images"

    async def generate(self, **members: Any) -> ImagesResponse:
        """The same, while other tasks go on."""
        request = _asked(self._config, "images/generations", members, "prompt")
        made: ImagesResponse = await _aread(ImagesResponse, await asend(self._config, request))
        return made


class Chat(Refusing):
    """`client.chat`."""

    _title = "chat"

    @property
    def completions(self) -> Completions:
        """Answers of models."""
        return Completions(self._config)


class AsyncChat(Refusing):
    """`client.chat`, awaited."""

    _title = "chat"

    @property
    def completions(self) -> AsyncCompletions:
        """Answers of models."""
        return AsyncCompletions(self._config)


class _Client(Refusing):
    """What both clients have.

    `http_client` has no effect: requests go through the gateway. Where no key is given, it is that
    of the environment when a request is made, not when the client is.
    """

    _title = "client"

    def __init__(
        self,
        *,
        api_key: str | None = None,
        organization: str | None = None,
        project: str | None = None,
        base_url: str | None = None,
        timeout: Any = None,
        max_retries: int = 2,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, Any] | None = None,
        http_client: Any = None,
        **_: Any,
    ) -> None:
        super().__init__(
            Config(
                api_key,
                organization,
                project,
                None if base_url is None else str(base_url),
                timeout if isinstance(timeout, (int, float, http.Timeouts)) else None,
                max_retries,
                default_headers,
                default_query,
            )
        )

    @property
    def api_key(self) -> str | None:
        """The key that was given."""
        return self._config.api_key

    @property
    def base_url(self) -> str | None:
        """The address that was given."""
        return self._config.base_url

    def with_options(
        self,
        *,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, Any] | None = None,
        http_client: Any = None,
        **members: Any,
    ) -> Self:
        """The same client with other options."""
        made = type(self)()
        made._config = self._config.changed(headers=default_headers, query=default_query, **members)
        return made

    copy = with_options


class OpenAI(_Client):
    """A client that stands still until there is an answer."""

    @property
    def chat(self) -> Chat:
        """Conversations with models."""
        return Chat(self._config)

    @property
    def images(self) -> Images:
        """Pictures of models."""
        return Images(self._config)

    def close(self) -> None:
        """Nothing is kept open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncOpenAI(_Client):
    """A client that is awaited, while other tasks go on."""

    @property
    def chat(self) -> AsyncChat:
        """Conversations with models."""
        return AsyncChat(self._config)

    @property
    def images(self) -> AsyncImages:
        """Pictures of models."""
        return AsyncImages(self._config)

    async def close(self) -> None:
        """Nothing is kept open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
