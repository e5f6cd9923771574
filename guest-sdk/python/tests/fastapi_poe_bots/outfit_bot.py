"""Looks at a picture, recommends with words, and shows a picture that another bot has made."""

from __future__ import annotations

from typing import AsyncIterable

import fastapi_poe as fp


class OutfitBot(fp.PoeBot):
    async def get_response(self, request: fp.QueryRequest) -> AsyncIterable[fp.PartialResponse]:
        picture = None
        for message in reversed(request.query):
            if message.role != "user":
                continue
            for attachment in message.attachments:
                if attachment.content_type.startswith("image/"):
                    picture = attachment
                    break
            if picture:
                break
        if not picture:
            yield fp.PartialResponse(text="Please attach an image of your outfit.")
            return

        asked = request.model_copy(
            update={
                "query": [
                    fp.ProtocolMessage(role="system", content="Recommend one new top."),
                    fp.ProtocolMessage(
                        role="user", content="What suits this?", attachments=[picture]
                    ),
                ]
            }
        )
        recommended = ""
        async for message in fp.stream_request(asked, "Claude-3.5-Sonnet", request.access_key):
            if message.text:
                recommended += message.text
                yield fp.PartialResponse(text=message.text)
        if not recommended.strip():
            yield fp.ErrorResponse(text="There is no recommendation.")
            return

        yield fp.PartialResponse(text="\n\nGenerating an example image...")
        prompt = fp.ProtocolMessage(role="user", content=f"A photo of: {recommended}")
        drawn = None
        asked = request.model_copy(update={"query": [prompt]})
        async for message in fp.stream_request(asked, "Imagen3-Fast", request.access_key):
            if message.attachment:
                drawn = message.attachment
        if not drawn:
            yield fp.ErrorResponse(text="There is no image.")
            return
        uploaded = await self.post_message_attachment(
            message_id=request.message_id,
            download_url=drawn.url,
            download_filename="new_top.png",
            is_inline=True,
        )
        yield fp.PartialResponse(text=f"\n\nHere it is:\n\n![new_top][{uploaded.inline_ref}]")

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(
            allow_attachments=True,
            server_bot_dependencies={"Claude-3.5-Sonnet": 1, "Imagen3-Fast": 1},
        )


app = fp.make_app(OutfitBot(), allow_without_key=True)
