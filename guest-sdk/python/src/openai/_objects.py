"""What the service answers, as objects: members are attributes, and those left out are `None`.

An object keeps exactly what was received, also members that this version has no name for, so it can
be sent again as part of the next request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self, cast


class OpenAIObject:
    """An object of the service. Classes derived from it name members that can be missing."""

    #: Members that are objects, or lists of objects, and of which class.
    _kinds: ClassVar[Mapping[str, type[OpenAIObject]]] = {}
    #: Members that are `None` where the service leaves them out.
    _optional: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, **members: Any) -> None:
        self.__dict__.update(
            {name: _made(self._kinds.get(name), value) for name, value in members.items()}
        )

    def __getattr__(self, name: str) -> Any:
        if name in self._optional or name in self._kinds:
            return None
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self.__dict__.items())

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __repr__(self) -> str:
        names = [
            *self.__dict__,
            *sorted((self._optional | self._kinds.keys()) - self.__dict__.keys()),
        ]
        members = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__name__}({members})"

    def to_dict(self, **_: Any) -> dict[str, Any]:
        """The members that were received, as JSON values."""
        return cast("dict[str, Any]", plain(self))

    def to_json(self, *, indent: int | None = 2, **_: Any) -> str:
        """The same as text."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    def model_dump(
        self, *, exclude_none: bool = False, exclude_unset: bool = False, **_: Any
    ) -> Any:
        """The members as JSON values; those that were left out too, as `None`."""
        members: dict[str, Any] = {}
        names = frozenset[str]() if exclude_unset else (self._optional | self._kinds.keys())
        for name in [*self.__dict__, *sorted(names - self.__dict__.keys())]:
            value = getattr(self, name)
            if value is not None or not exclude_none:
                options = {"exclude_none": exclude_none, "exclude_unset": exclude_unset}
                members[name] = _dumped(value, options)
        return members

    dict = model_dump

    def model_dump_json(self, *, indent: int | None = None, **options: Any) -> str:
        """The same as text."""
        return json.dumps(self.model_dump(**options), indent=indent, ensure_ascii=False)

    def model_copy(self, **_: Any) -> Self:
        """A copy."""
        return type(self)(**self.__dict__)


def _dumped(value: Any, options: Any) -> Any:
    if isinstance(value, OpenAIObject):
        return value.model_dump(**options)
    if isinstance(value, list):
        return [_dumped(item, options) for item in cast("list[object]", value)]
    return value


def _made(kind: type[OpenAIObject] | None, value: object) -> object:
    if isinstance(value, list):
        return [_made(kind, item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return members if kind is None else kind(**members)
    return value


def plain(value: Any) -> Any:
    """A value as JSON has it: objects of the service, also within, as what was received."""
    if isinstance(value, OpenAIObject):
        return {name: plain(item) for name, item in value}
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value).items()
        return {name: plain(item) for name, item in members if not is_omitted(item)}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in cast("list[object]", value)]
    return value


class NotGiven:
    """What stands for a parameter that is left out."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN = NotGiven()


def is_omitted(value: Any) -> bool:
    """Whether a parameter is left out."""
    return isinstance(value, NotGiven)


class Function(OpenAIObject):
    """A function that a model calls; the arguments are JSON as text."""

    _optional = frozenset({"name", "arguments"})


class ToolCall(OpenAIObject):
    """A call that a model asks for; in a stream a piece of one, with the index of the call."""

    _kinds = {"function": Function}
    _optional = frozenset({"index", "id", "type"})


class Message(OpenAIObject):
    """What a model says; in a stream a piece of it."""

    _kinds = {"tool_calls": ToolCall, "function_call": Function}
    _optional = frozenset({"content", "role", "refusal", "audio", "annotations"})


class Choice(OpenAIObject):
    """One of the answers of a model; in a stream a piece of one, as `delta`."""

    _kinds = {"message": Message, "delta": Message}
    _optional = frozenset({"finish_reason", "logprobs", "index"})


class UsageDetails(OpenAIObject):
    """How tokens were used."""

    _optional = frozenset(
        {
            *("cached_tokens", "reasoning_tokens", "audio_tokens"),
            *("accepted_prediction_tokens", "rejected_prediction_tokens"),
        }
    )


class CompletionUsage(OpenAIObject):
    """How many tokens were used."""

    _kinds = {"prompt_tokens_details": UsageDetails, "completion_tokens_details": UsageDetails}


class ChatCompletion(OpenAIObject):
    """The answer of a model."""

    _kinds = {"choices": Choice, "usage": CompletionUsage}
    _optional = frozenset(
        {"id", "created", "model", "object", "service_tier", "system_fingerprint"}
    )


class ChatCompletionChunk(ChatCompletion):
    """A piece of the answer of a model."""


class Image(OpenAIObject):
    """A picture: its bytes in base 64, or where it is."""

    _optional = frozenset({"b64_json", "url", "revised_prompt"})


class ImagesResponse(OpenAIObject):
    """Pictures that a model made."""

    _kinds = {"data": Image}
    _optional = frozenset({"created", "usage", "background", "output_format", "quality", "size"})
