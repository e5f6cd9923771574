"""A bot of fastapi_poe as the gateway asks it: a `ravenry.Bot`."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import ravenry
from ravenry import (
    Failure,
    KnowledgeError,
    Query,
    Reply,
    Settings,
    Stopped,
    StoreError,
    _log,
    request,
)
from starlette import requests as starlette_requests

from . import _incoming, _own_keys, _upload
from ._speaker import Speaker
from .errors import BotError, InsufficientFundError
from .types import (
    ReportErrorRequest,
    ReportFeedbackRequest,
    ReportReactionRequest,
    RequestContext,
    SettingsRequest,
    SettingsResponse,
)

if TYPE_CHECKING:
    from .base import PoeBot

_UNEXPECTED = "The bot encountered an unexpected issue."

# Members of the settings that the platform no longer documents.
_OLD_SETTINGS = (
    *("context_clear_window_secs", "allow_user_context_clear", "custom_rate_card"),
    "enable_multi_bot_chat_prompting",
)


class Request(starlette_requests.Request):
    """The request at hand. What few bots look at is fetched when one does."""

    def __init__(self, path: str) -> None:
        self._path = path

    @cached_property
    def scope(self) -> dict[str, Any]:  # type: ignore[override]
        """What ASGI says of a request, without addresses."""
        headers = [
            (name.encode("utf-8", "replace"), value.encode("utf-8", "replace"))
            for name, value in request.headers()
        ]
        return {
            "type": "http",
            "http_version": "1.1",
            "scheme": "https",
            "method": "POST",
            "path": self._path,
            "raw_path": self._path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": None,
            "server": None,
        }

    async def body(self) -> bytes:
        return request.raw().encode("utf-8", "replace")


class Host(ravenry.Bot):
    """One bot of fastapi_poe."""

    # The bot does so itself, by its own rules.
    inserts_attachments = False

    def __init__(self, bot: PoeBot, remark: str = "") -> None:
        self.bot = bot
        self.remark = remark
        """What the build is to say of this bot; `FILE` stands for the path of its file."""

    def _context(self) -> RequestContext:
        return RequestContext(http_request=Request(self.bot.path))

    async def respond(self, query: Query, reply: Reply) -> None:
        """Says what the bot yields."""
        _upload.attached.clear()
        _own_keys.current = self.bot.access_key
        asked = _incoming.query_request(query, self.bot.access_key)
        events = self.bot.handle_query(asked, self._context())
        speaker = Speaker(reply, events)
        try:
            try:
                async for event in events:
                    try:
                        speaker.say(event)
                    except Exception as error:
                        _log.came_from_yield(error, events)
                        raise
                speaker.end()
            finally:
                await events.aclose()
        except (Failure, Stopped, StoreError, KnowledgeError):
            raise
        except Exception as error:
            if speaker.is_over:
                _log.exception(error)
                return
            if _cannot_pay(error):
                raise Failure("", error_type="insufficient_fund") from error
            _log.exception(error)
            raise Failure(_UNEXPECTED, allow_retry=False) from error

    async def settings(self) -> Settings:
        """The bot's settings. What is `None` is left out: the platform's default holds."""
        asked = SettingsRequest(version=_incoming.VERSION, type="settings")
        told: Any = await self.bot.get_settings_with_context(asked, self._context())
        members = SettingsResponse.model_validate(told).model_dump(exclude_none=True)
        extra = {name: members.pop(name) for name in _OLD_SETTINGS if name in members}
        version = members.pop("response_version", None)
        if version != SettingsResponse.model_fields["response_version"].default:
            extra["response_version"] = version
        known = {name: members.pop(name) for name in list(members) if name in _SETTINGS}
        extra |= members
        return Settings(**known, extra=extra or None)

    async def on_feedback(self, feedback: ravenry.Feedback) -> None:
        """Tells the bot of a like or dislike; of nothing else, as its type knows nothing else."""
        if feedback.feedback_type not in ("like", "dislike"):
            return
        report = ReportFeedbackRequest(
            version=_incoming.VERSION,
            type="report_feedback",
            message_id=feedback.message_id,
            user_id=feedback.user_id,
            conversation_id=feedback.conversation_id,
            feedback_type="like" if feedback.feedback_type == "like" else "dislike",
        )
        await self.bot.on_feedback_with_context(report, self._context())

    async def on_reaction(self, reaction: ravenry.Reaction) -> None:
        """Tells the bot of a reaction."""
        report = ReportReactionRequest(
            version=_incoming.VERSION,
            type="report_reaction",
            message_id=reaction.message_id,
            user_id=reaction.user_id,
            conversation_id=reaction.conversation_id,
            reaction=reaction.reaction,
        )
        await self.bot.on_reaction_with_context(report, self._context())

    async def on_error(self, report: ravenry.ErrorReport) -> None:
        """Tells the bot what the platform could not make sense of."""
        told = ReportErrorRequest(
            version=_incoming.VERSION,
            type="report_error",
            message=report.message,
            metadata=report.metadata,
        )
        await self.bot.on_error_with_context(told, self._context())


_SETTINGS = frozenset(Settings.__dataclass_fields__)


def _cannot_pay(error: Exception) -> bool:
    """Whether the platform is to say that the person cannot pay: for this bot, or for another."""
    if isinstance(error, InsufficientFundError):
        return True
    if not isinstance(error, BotError):
        return False
    cause = error.__cause__
    if isinstance(cause, ravenry.PoeError) and cause.kind == "insufficient-fund":
        return True
    try:
        members: Any = json.loads(str(error))
    except ValueError:
        return False
    found = cast("dict[str, Any]", members) if isinstance(members, dict) else {}
    return found.get("error_type") == "insufficient_fund"
