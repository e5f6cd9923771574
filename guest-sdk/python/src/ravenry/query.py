"""One question, with the conversation that leads up to it, and what people ask of it.

Names are the platform's own. Identifiers are opaque text: they can be empty and have no fixed
shape. Where the platform left a field out, its documented default is filled in, unless the field
can be `None`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from . import _backend, _message_json

__all__ = [
    "Attachment",
    "Message",
    "MessageFeedback",
    "MessageReaction",
    "Query",
    "Sender",
    "User",
]


@dataclass(slots=True)
class User:
    """A person in a conversation."""

    #: Opaque identifier.
    id: str
    #: The name shown, where there is one.
    name: str | None = None


@dataclass(slots=True)
class Sender:
    """Who sent a message."""

    #: Opaque identifier, where known.
    id: str | None = None
    #: The name shown, where known.
    name: str | None = None


@dataclass(slots=True)
class MessageFeedback:
    """A like or dislike on a message."""

    #: `like` or `dislike`. More may come.
    feedback_type: str
    #: What the person wrote about it.
    reason: str | None = None


@dataclass(slots=True)
class MessageReaction:
    """A reaction on a message."""

    #: Who reacted.
    user_id: str
    #: Such as `like`, `heart`, `laughing`, `surprised`, `sad`. More may come.
    reaction: str


@dataclass(slots=True)
class Attachment:
    """A file attached to a message."""

    #: Where its bytes can be fetched, for about ten minutes; see `read`.
    url: str
    #: Its media type, as the platform believes it to be.
    content_type: str = ""
    #: Its file name. Chosen by the sender of the file: never use it as a path.
    name: str = ""
    #: The label under which the text refers to it, as in `![title][label]`.
    inline_ref: str | None = None
    #: Its text, where the bot's settings ask the platform to extract it.
    parsed_content: str | None = None

    def read(self, bytes_max: int = 16 * 1024 * 1024) -> bytes:
        """The bytes of this file, which must be attached to a message of the query at hand.

        Raises `PoeError`: `too-large` where it has more than `bytes_max` bytes, and no more than
        that is read; `broken` where the platform no longer has it, after about ten minutes;
        `denied` where it is not part of the query. All of it is in memory at once: the bot's limit
        of memory counts.
        """
        return _backend.current.read_attachment(self.url, bytes_max)


@dataclass(slots=True)
class Message:
    """One message of a conversation."""

    #: Who wrote it: `system`, `user`, `bot` or `tool`. More may come.
    role: str
    #: The text. For tool calls and their results, a JSON array; see `message_type`.
    content: str
    #: `function_call` where `content` holds tool calls (role `bot`); otherwise `None`.
    message_type: str | None = None
    #: How `content` is to be read: `text/markdown` or `text/plain`.
    content_type: str = "text/markdown"
    #: When it was written, in microseconds since 1970-01-01T00:00:00Z; 0 where unknown.
    timestamp: int = 0
    #: Opaque identifier. Can be empty.
    message_id: str = ""
    #: Who sent it, where several people or bots take part.
    sender: Sender | None = None
    #: Likes and dislikes that it received.
    feedback: list[MessageFeedback] = field(default_factory=list[MessageFeedback])
    #: Files attached to it.
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    #: Values that the person set with the bot's parameter controls; see `parameter`.
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    #: What this bot attached with `Reply.data` when it wrote the message.
    metadata: str | None = None
    #: The message that this one quotes. That one can quote another; there are no cycles.
    referenced_message: Message | None = None
    #: Reactions that it received.
    reactions: list[MessageReaction] = field(default_factory=list[MessageReaction])

    @classmethod
    def user(cls, content: str) -> Message:
        """A message of a person."""
        return cls("user", content)

    @classmethod
    def bot(cls, content: str) -> Message:
        """A message of a bot."""
        return cls("bot", content)

    @classmethod
    def system(cls, content: str) -> Message:
        """A message of the system."""
        return cls("system", content)

    def parameter(self, name: str, default: Any = None) -> Any:
        """The value that the person set with the control of this name.

        The default where the person left the control alone: the platform does not fill in defaults.
        A value can be of any JSON type, whatever the control was, so look before you leap.
        """
        return self.parameters.get(name, default)

    def to_json(self) -> dict[str, Any]:
        """The message as the protocol writes it, with the messages that it quotes.

        For a bot that keeps messages for later, in `Reply.data` for example. Members that hold
        their default are left out. `from_json` reads it back.
        """
        return _message_json.write(self)

    @classmethod
    def from_json(cls, members: Any) -> Message:
        """Reads a message as the protocol writes it.

        Only `role` and `content` are required; `ValueError` where one is missing. Unknown members
        are ignored, and what makes no sense counts as left out.
        """
        return _message_json.read(members)


@dataclass(slots=True)
class Query:
    """One question: a person wrote something, and the whole conversation so far comes with it.

    For tests, `Query.of("hi")` makes one with a single message of a person.
    """

    #: The protocol version of the request, such as `1.2`. Information only.
    version: str = "1.2"
    #: The conversation, oldest message first; the last one is what is to be answered. Can be empty.
    #: Messages with a role that the platform has not defined are left out.
    messages: list[Message] = field(default_factory=list[Message])
    #: Who asks. Different bots see different identifiers for the same person.
    user_id: str = ""
    #: The conversation. Starting afresh gives a new one.
    conversation_id: str = ""
    #: The message that this reply will become.
    message_id: str = ""
    #: Belongs to the platform; to be handed back when calling other bots. Can be empty.
    metadata: str = ""
    #: A hint for language models: 0 or more. `None` where the person has no wish.
    temperature: float | None = None
    #: A hint: leave out the bot's own system prompt.
    skip_system_prompt: bool = False
    #: A hint for language models: token to bias, from -100 to 100.
    logit_bias: dict[str, float] = field(default_factory=dict[str, float])
    #: A hint: stop generating at any of these texts.
    stop_sequences: list[str] = field(default_factory=list[str])
    #: The language of the person's interface as a BCP 47 tag; `en` where unknown.
    language_code: str = "en"
    #: Whether the bot should speak under the name that it has in this conversation.
    adopt_current_bot_name: bool | None = None
    #: Identifies this query in calls about costs. Can be empty.
    bot_query_id: str = ""
    #: The people in the conversation, where it has several.
    users: list[User] = field(default_factory=list[User])
    #: Tool definitions offered by the caller: a JSON array.
    tools: list[Any] | None = None
    #: Tool calls made so far: a JSON array.
    tool_calls: list[Any] | None = None
    #: Results of those tool calls: a JSON array.
    tool_results: list[Any] | None = None
    #: When the person sent the query, in microseconds since 1970-01-01T00:00:00Z.
    query_creation_time: int | None = None
    #: What the caller passes along beside the protocol: a JSON object.
    extra_params: dict[str, Any] | None = None

    @classmethod
    def of(cls, question: str | Iterable[Message]) -> Query:
        """A query with this text of a person, or with this conversation: of the person `user`, in
        the conversation `conversation`."""
        messages = [Message.user(question)] if isinstance(question, str) else list(question)
        return cls(messages=messages, user_id="user", conversation_id="conversation")

    @property
    def last_message(self) -> Message | None:
        """The message that is to be answered: the newest one. `None` in an empty conversation."""
        return self.messages[-1] if self.messages else None

    @property
    def last_text(self) -> str:
        """The text that is to be answered; empty in an empty conversation."""
        return self.messages[-1].content if self.messages else ""

    @property
    def last_user_message(self) -> Message | None:
        """The newest message that a person wrote.

        Mostly the same as `last_message`, but not after tool calls.
        """
        return next((m for m in reversed(self.messages) if m.role == "user"), None)

    @property
    def history(self) -> list[Message]:
        """What was said before the message that is to be answered, oldest first."""
        return self.messages[:-1]

    @property
    def attachments(self) -> list[Attachment]:
        """The files attached to the message that is to be answered."""
        return self.messages[-1].attachments if self.messages else []

    @property
    def parameters(self) -> dict[str, Any]:
        """What the person set with the controls, on the message that is to be answered."""
        return self.messages[-1].parameters if self.messages else {}

    def parameter(self, name: str, default: Any = None) -> Any:
        """The value that the person set with the control of this name, on the message that is to be
        answered. See `Message.parameter`."""
        return self.parameters.get(name, default)
