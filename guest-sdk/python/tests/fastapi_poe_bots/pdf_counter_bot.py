"""Counts the pages of the documents of a conversation, newest message first."""

from __future__ import annotations

import re
import tempfile
import urllib.error
import urllib.request
from typing import AsyncIterable

import fastapi_poe as fp


class DownloadError(Exception):
    pass


def count_pages(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as response:
            content = response.read()
    except urllib.error.HTTPError:
        raise DownloadError()
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        return len(re.findall(rb"/Type\s*/Page\b", file.read()))


class PdfCounterBot(fp.PoeBot):
    async def get_response(self, request: fp.QueryRequest) -> AsyncIterable[fp.PartialResponse]:
        yield fp.PartialResponse(text="Iterating over the pdfs uploaded in this conversation ...")
        for message in reversed(request.query):
            for attachment in message.attachments:
                if attachment.content_type != "application/pdf":
                    continue
                try:
                    pages = count_pages(attachment.url)
                except DownloadError:
                    yield fp.PartialResponse(text="Failed to retrieve the document.")
                    continue
                yield fp.PartialResponse(text=f"{attachment.name} has {pages} pages.\n")

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(allow_attachments=True)


app = fp.make_app(PdfCounterBot(), allow_without_key=True)
