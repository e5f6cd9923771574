"""A cat that listens to single words: every kind of event, errors, settings and feedback."""

from __future__ import annotations

import asyncio
from typing import AsyncIterable

import fastapi_poe as fp

MARKDOWN = [
    "# All about me\n\n",
    "*Soft paws*, ",
    "**sharp claws**.\n\n",
    "- a box\n",
    "- a warm keyboard\n\n",
    "| animal | points |\n",
    "| ------ | ------ |\n",
    "| cat    | 10     |\n",
    "| dog    | 1      |\n",
    "\n",
]


class CatBot(fp.PoeBot):
    async def get_response(self, request: fp.QueryRequest) -> AsyncIterable[fp.PartialResponse]:
        words = request.query[-1].content.lower()
        yield self.meta_event(
            content_type="text/plain" if "plain" in words else "text/markdown",
            linkify=True,
            refetch_settings=False,
            suggested_replies="dog" not in words,
        )
        if "markdown" in words:
            for piece in MARKDOWN:
                yield self.text_event(piece)
        if "cardboard" in words:
            yield self.text_event("crunch ")
            yield self.text_event("crunch")
        elif any(word in words for word in ("kitchen", "meal", "food")):
            yield self.text_event("meow ")
            yield self.text_event("meow")
            yield self.suggested_reply_event("feed the cat")
        elif "stranger" in words:
            for _ in range(10):
                yield self.text_event("peek ")
                await asyncio.sleep(1)
        elif "square" in words:
            yield self.error_event("Square snacks are not tasty.")
        elif "cube" in words:
            yield self.error_event("Cube snacks are even less tasty.", allow_retry=False)
        elif "count" in words:
            for number in range(1, 11):
                yield self.replace_response_event(str(number))
                if "quickly" not in words:
                    await asyncio.sleep(1)
        else:
            yield self.text_event("zzz")

    async def on_feedback(self, feedback_request: fp.ReportFeedbackRequest) -> None:
        print(
            f"user {feedback_request.user_id} gave {feedback_request.feedback_type}"
            f" to message {feedback_request.message_id}"
        )

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(allow_user_context_clear=True, allow_attachments=True)


app = fp.make_app(CatBot(), allow_without_key=True)
