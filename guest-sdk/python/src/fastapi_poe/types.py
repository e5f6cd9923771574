"""What bots receive and say: messages, requests, responses and settings, as models.

Conversions and refusals are those that bots notice of the reference library (0.0.83). Different on
purpose: `CostItem` refuses negative amounts; what a `PartialResponse` of another bot holds for
debugging (`raw_response`, `full_prompt`) is made when it is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias, cast, get_args

from starlette.requests import Request

from ._convert import Before
from ._model import Model, field
from ._validation_error import ValidationError
from .controls import (
    AspectRatio,
    AspectRatioOption,
    BaseControl,
    ComparatorCondition,
    ConditionallyRenderControls,
    Divider,
    DropDown,
    FullControls,
    LiteralValue,
    Number,
    ParameterControls,
    ParameterValue,
    Section,
    Slider,
    Tab,
    TextArea,
    TextField,
    ToggleSwitch,
    ValueNamePair,
)
from .tool_types import (
    CustomCallDefinition,
    CustomToolDefinition,
    FunctionCallDefinition,
    FunctionCallDefinitionDelta,
    FunctionDefinition,
    ParametersDefinition,
    ToolCallDefinition,
    ToolCallDefinitionDelta,
    ToolDefinition,
    ToolResultDefinition,
)

__all__ = [
    "AspectRatio",
    "AspectRatioOption",
    "Attachment",
    "AttachmentHttpResponse",
    "AttachmentUploadResponse",
    "BaseControl",
    "BaseRequest",
    "ComparatorCondition",
    "ConditionallyRenderControls",
    "ContentType",
    "CostItem",
    "CustomCallDefinition",
    "CustomToolDefinition",
    "DataResponse",
    "Divider",
    "DropDown",
    "ErrorResponse",
    "ErrorType",
    "FeedbackType",
    "FullControls",
    "FunctionCallDefinition",
    "FunctionCallDefinitionDelta",
    "FunctionDefinition",
    "Identifier",
    "LiteralValue",
    "MessageFeedback",
    "MessageReaction",
    "MessageType",
    "MetaResponse",
    "Number",
    "ParameterControls",
    "ParameterValue",
    "ParametersDefinition",
    "PartialResponse",
    "ProtocolMessage",
    "QueryRequest",
    "ReportErrorRequest",
    "ReportFeedbackRequest",
    "ReportReactionRequest",
    "RequestContext",
    "Section",
    "Sender",
    "SettingsRequest",
    "SettingsResponse",
    "Slider",
    "Tab",
    "TextArea",
    "TextField",
    "ToggleSwitch",
    "ToolCallDefinition",
    "ToolCallDefinitionDelta",
    "ToolDefinition",
    "ToolResultDefinition",
    "User",
    "ValidationError",
    "ValueNamePair",
]

Identifier: TypeAlias = str
FeedbackType: TypeAlias = Literal["like", "dislike"]
ContentType: TypeAlias = Literal["text/markdown", "text/plain"]
MessageType: TypeAlias = Literal["function_call"]
ErrorType: TypeAlias = Literal[
    "user_message_too_long",
    "insufficient_fund",
    "user_caused_error",
    "privacy_authorization_error",
]


def _amount(value: Any) -> int:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("should be a finite amount")
        value = math.ceil(value)
    if not isinstance(value, int):
        raise ValueError("should be a whole number of thousandths of a cent")
    if value < 0:
        raise ValueError("should not be negative")
    return value


class MessageFeedback(Model):
    """A like or dislike on a message."""

    type: FeedbackType
    reason: str | None


class CostItem(Model):
    """One position of a bill, in thousandths of a US cent; fractions are rounded up."""

    amount_usd_milli_cents: Annotated[int, Before(_amount)]
    description: str | None = None


class Attachment(Model):
    """A file of a message. `parsed_content` is its text, where the settings ask for it."""

    url: str
    content_type: str
    name: str
    inline_ref: str | None = None
    parsed_content: str | None = None


class MessageReaction(Model):
    """A person's reaction to a message."""

    user_id: Identifier
    reaction: str


class Sender(Model):
    """Who sent a message, as far as it is known."""

    id: Identifier | None = None
    name: str | None = None


class User(Model):
    """A person in a conversation."""

    id: Identifier
    name: str | None = None


class ProtocolMessage(Model):
    """One message of a conversation. `timestamp` is in microseconds since 1970."""

    role: Literal["system", "user", "bot", "tool"]
    message_type: MessageType | None = None
    sender_id: str | None = None
    sender: Sender | None = None
    content: str
    parameters: dict[str, Any] = field(default_factory=dict)
    content_type: ContentType = "text/markdown"
    timestamp: int = 0
    message_id: str = ""
    feedback: list[MessageFeedback] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    metadata: str | None = None
    referenced_message: ProtocolMessage | None = None
    reactions: list[MessageReaction] = field(default_factory=list)


class RequestContext(Model):
    """The HTTP request that a bot answers: its headers, without keys."""

    http_request: Request


class BaseRequest(Model):
    """What all requests have."""

    version: str
    type: Literal["query", "settings", "report_feedback", "report_reaction", "report_error"]


class QueryRequest(BaseRequest):
    """One question with its conversation; the last message is to be answered."""

    query: list[ProtocolMessage]
    user_id: Identifier
    conversation_id: Identifier
    message_id: Identifier
    metadata: Identifier = ""
    api_key: str = "<missing>"
    access_key: str = "<missing>"
    temperature: float | None = None
    skip_system_prompt: bool = False
    logit_bias: dict[str, float] = field(default_factory=dict)
    stop_sequences: list[str] = field(default_factory=list)
    language_code: str = "en"
    adopt_current_bot_name: bool | None = None
    bot_query_id: Identifier = ""
    users: list[User] = field(default_factory=list)
    tools: list[ToolDefinition] | None = None
    tool_calls: list[ToolCallDefinition] | None = None
    tool_results: list[ToolResultDefinition] | None = None
    query_creation_time: int | None = None
    extra_params: dict[str, Any] | None = None

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The same as `model_validate`."""
        return cls.model_validate(data)


class SettingsRequest(BaseRequest):
    """The platform asks for a bot's settings."""


class ReportFeedbackRequest(BaseRequest):
    """A person liked or disliked a message of this bot."""

    message_id: Identifier
    user_id: Identifier
    conversation_id: Identifier
    feedback_type: FeedbackType


class ReportReactionRequest(BaseRequest):
    """A person put a reaction on a message of this bot."""

    message_id: Identifier
    user_id: Identifier
    conversation_id: Identifier
    reaction: str


class ReportErrorRequest(BaseRequest):
    """The platform could not make sense of something that this bot sent."""

    message: str
    metadata: dict[str, Any]


class SettingsResponse(Model, extra="forbid"):
    """How the platform should treat a bot. For what is `None`, the platform's default holds."""

    response_version: int | None = 2
    context_clear_window_secs: int | None = None
    allow_user_context_clear: bool | None = None
    custom_rate_card: str | None = None
    server_bot_dependencies: dict[str, int] = field(default_factory=dict)
    allow_attachments: bool | None = None
    introduction_message: str | None = None
    expand_text_attachments: bool | None = None
    enable_image_comprehension: bool | None = None
    enforce_author_role_alternation: bool | None = None
    enable_multi_bot_chat_prompting: bool | None = None
    enable_multi_entity_prompting: bool | None = None
    rate_card: str | None = None
    cost_label: str | None = None
    parameter_controls: ParameterControls | None = None


class AttachmentUploadResponse(Model):
    """What `post_message_attachment` gives: where the file is, and its label where it has one."""

    attachment_url: str | None
    mime_type: str | None
    name: str | None = None
    inline_ref: str | None

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The same from the members of a `file` event."""
        members = {"attachment_url": data.get("url"), "mime_type": data.get("content_type")}
        rest = {name: data.get(name) for name in ("name", "inline_ref")}
        return cls.model_validate(members | rest)


class AttachmentHttpResponse(Model):
    """What the platform answers to an upload."""

    attachment_url: str | None
    mime_type: str | None


class DataResponse(Model, extra="forbid"):
    """Hidden text on the message that the reply becomes. The last one of a reply counts."""

    metadata: str


class PartialResponse(Model, extra="forbid"):
    """A piece of a reply: text, a suggestion, a replacement of all text so far, or a file.

    From `stream_request`, also a JSON object as `data`, or pieces of tool calls. `index` names one
    of several answers.
    """

    __slots__ = ("__late__",)

    text: str
    data: dict[str, Any] | None = None
    raw_response: object = None
    full_prompt: str | None = None
    request_id: str | None = None
    is_suggested_reply: bool = False
    is_replace_response: bool = False
    attachment: Attachment | None = None
    tool_calls: list[ToolCallDefinitionDelta] = field(default_factory=list)
    index: int | None = None

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The same from the members of a `text` event."""
        return cls.model_validate({"text": str(data.get("text", ""))})

    @classmethod
    def __trusted__(cls, late: Mapping[str, Callable[[], Any]], **values: Any) -> Self:
        """An object of values that are right; `late` makes those that few bots look at."""
        made = cls.model_construct(**values)
        for name in late:
            del made.__dict__[name]
        made.__given__.update(late)
        object.__setattr__(made, "__late__", late)
        return made

    def __getattr__(self, name: str) -> Any:
        if name != "__late__" and name in (late := getattr(self, "__late__", {})):
            value = self.__dict__[name] = late[name]()
            return value
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __hand__(self, made: Model, values: Mapping[str, Any]) -> None:
        super().__hand__(made, values)
        late = getattr(self, "__late__", None)
        if late is not None:
            object.__setattr__(made, "__late__", late)


class ErrorResponse(PartialResponse):
    """Ends the reply with an error; what was said stays, and what comes later is not shown."""

    allow_retry: bool = True
    error_type: ErrorType | None = None

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The same from the members of an `error` event; unknown types of errors are dropped."""
        kind = data.get("error_type")
        return cls.model_validate(
            {
                "text": str(data.get("text", "")),
                "allow_retry": bool(data.get("allow_retry", True)),
                "error_type": kind
                if kind in cast("tuple[object, ...]", get_args(ErrorType))
                else None,
            }
        )


class MetaResponse(PartialResponse):
    """How the reply is to be shown. Counts only as the first of a reply."""

    linkify: bool = True
    suggested_replies: bool = True
    content_type: ContentType = "text/markdown"
    refetch_settings: bool = False
