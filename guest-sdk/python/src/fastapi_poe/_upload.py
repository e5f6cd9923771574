"""Uploads files: through the gateway, which attaches them to the reply, or over the web."""

from __future__ import annotations

import json
import mimetypes
import secrets
from collections.abc import Mapping
from typing import Any, BinaryIO, cast
from urllib.parse import urlencode

from ravenry import PoeError, _backend, http
from ravenry.events import File

from .errors import AttachmentUploadError
from .types import Attachment

BASE_URL = "https://www.quora.com/poe_api/"

# Seconds for one upload, as in the reference library.
_TIMEOUT = 120.0

# Files that the gateway has attached to the reply at hand, by URL.
attached: set[str] = set()


def content_of(file: bytes | bytearray | BinaryIO) -> bytes:
    """The bytes of a file that is one, or can be read."""
    if isinstance(file, (bytes, bytearray, memoryview)):
        return bytes(file)
    content: Any = file.read()
    if isinstance(content, str):
        raise TypeError("the file is opened as text: open it with mode 'rb'")
    return bytes(content)


def attach(content: bytes | None, url: str | None, name: str | None, inline: bool) -> File:
    """Attaches a file to the reply, through the gateway."""
    try:
        if content is not None:
            name = name or "file"
            file = _backend.current.attach(name, _content_type(name), content, inline)
        else:
            file = _backend.current.attach_url(url or "", name, inline)
    except PoeError as error:
        raise AttachmentUploadError(str(error)) from error
    attached.add(file.url)
    return file


def _content_type(name: str) -> str | None:
    """What a file is by its name, as the library that sends it elsewhere guesses. `None`: any bytes."""
    return mimetypes.guess_type(name)[0]


def by_gateway(content: bytes | None, url: str | None, name: str | None) -> Attachment:
    """Attaches a file to the reply, and says where it is."""
    file = attach(content, url, name, inline=False)
    return Attachment(url=file.url, content_type=file.content_type, name=name or "file")


async def by_web(
    content: bytes | None,
    url: str | None,
    name: str | None,
    key: str,
    base_url: str,
    extra_headers: Mapping[str, str],
) -> Attachment:
    """One attempt to upload a file with the key of an account."""
    if content is None:
        members = {"download_url": url or ""} | ({"download_filename": name} if name else {})
        body, kind = urlencode(members).encode(), "application/x-www-form-urlencoded"
    else:
        body, kind = _form(content, name or "file")
    headers = {"Authorization": key, "Content-Type": kind, **extra_headers}
    endpoint = base_url.rstrip("/") + "/file_upload_3RD_PARTY_POST"
    response = await http.fetch("POST", endpoint, headers=headers, content=body, timeout=_TIMEOUT)
    async with response:
        text = await response.atext()
        if response.status != 200:
            raise AttachmentUploadError(f"{response.status}: {text[:500]}")
    try:
        answer: Any = json.loads(text)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not {"attachment_url", "mime_type"} <= answer.keys():
        raise AttachmentUploadError(f"Unexpected response format: {text[:500]}")
    members = cast("dict[str, str]", answer)
    return Attachment(
        url=members["attachment_url"], content_type=members["mime_type"], name=name or "file"
    )


def _form(content: bytes, name: str) -> tuple[bytes, str]:
    """One file as `multipart/form-data`, and the media type."""
    border = secrets.token_hex(16)
    quoted = (
        name.replace("\\", "\\\\").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    )
    head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n'
    kind = f"Content-Type: {_content_type(name) or 'application/octet-stream'}\r\n\r\n"
    parts = [head.encode(), kind.encode(), content]
    return b"".join(
        [*parts, f"\r\n--{border}--\r\n".encode()]
    ), f"multipart/form-data; boundary={border}"
