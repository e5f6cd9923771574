"""What a bot asks of the platform, through the gateway."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

from componentize_py_types import Err
from wit_world.imports import poe as gateway

from . import _backend
from ._component_reply import failure_of, file_of, stopped_of
from ._component_wait import Handles
from ._text import maybe_whole, whole
from .events import File
from .failure import PoeError, PoeErrorKind

#: Bytes of a file that go in one call; the interface's bound for a piece.
_PIECE_BYTES = 1024 * 1024

#: Most bytes that an attachment may be read with: 32 bits.
_BYTES_MAX = 2**32 - 1

_KINDS: dict[type, PoeErrorKind] = {
    gateway.PoeError_Denied: "denied",
    gateway.PoeError_Invalid: "invalid",
    gateway.PoeError_Broken: "broken",
    gateway.PoeError_InsufficientFund: "insufficient-fund",
    gateway.PoeError_TooLarge: "too-large",
}


def _error(error: gateway.PoeError) -> PoeError:
    if isinstance(error, gateway.PoeError_Said):
        return PoeError("said", said=failure_of(error.value))
    if isinstance(error, gateway.PoeError_Stopped):
        return PoeError("stopped", stopped=stopped_of(error.value))
    return PoeError(_KINDS.get(type(error), "other"), getattr(error, "value", ""))


def _asked(call: Callable[..., Any], *values: Any) -> Any:
    """Calls the gateway, and raises its refusals as a `PoeError`."""
    try:
        return call(*values)
    except Err as error:
        refused = _error(error.value)
    raise refused


class WasiAnswer:
    """What another bot says, on the gateway's side."""

    def __init__(self, answer: gateway.Answer) -> None:
        self._handles = Handles()
        self._answer = self._handles.keep(answer)
        # Also where the bot does not close this: a pollable first, or the component traps.
        weakref.finalize(self, self._handles.close).atexit = False

    def read(self) -> Sequence[_backend.Said]:
        """The events that have arrived, at least one; none after the last. Waits."""
        said: Sequence[_backend.Said] = _asked(self._answer.read)
        return said

    def subscribe(self) -> _backend.Pollable:
        """Ready when `read` would not wait."""
        return self._handles.subscribe(self._answer)

    def relay(self) -> None:
        """Hands all that is still to come to the reader."""
        _asked(self._answer.relay)

    def relay_text(self) -> None:
        """The same, with nothing but texts and replacements."""
        _asked(self._answer.relay_text)

    def close(self) -> None:
        """Hangs up."""
        self._handles.close()


class WasiPoe:
    """The part of a `Backend` that is about the platform."""

    def ask(self, bot: str, body: str) -> _backend.AnswerSource:
        """Asks another bot."""
        return WasiAnswer(_asked(gateway.ask, whole(bot), body))

    def attach(self, name: str, content_type: str | None, content: bytes, inline: bool) -> File:
        """Uploads a file, in pieces where it is large, and attaches it."""
        named, kind = whole(name), maybe_whole(content_type)
        if len(content) <= _PIECE_BYTES:
            return file_of(_asked(gateway.attach, named, kind, content, inline))
        writer = gateway.FileWriter(named, kind)
        try:
            for start in range(0, len(content), _PIECE_BYTES):
                _asked(writer.write, content[start : start + _PIECE_BYTES])
        except BaseException:
            writer.__exit__(None, None, None)
            raise
        return file_of(_asked(gateway.FileWriter.finish, writer, inline))

    def attach_url(self, url: str, name: str | None, inline: bool) -> File:
        """Has the platform fetch a file, and attaches it."""
        return file_of(_asked(gateway.attach_url, whole(url), maybe_whole(name), inline))

    def read_attachment(self, url: str, bytes_max: int) -> bytes:
        """The bytes of an attachment of the query."""
        bounded = min(max(0, bytes_max), _BYTES_MAX)
        content: bytes = _asked(gateway.read_attachment, whole(url), bounded)
        return content

    def authorize(self, items: Sequence[tuple[int, str | None]]) -> None:
        """Reserves an amount."""
        _asked(gateway.authorize, _bill(items))

    def capture(self, items: Sequence[tuple[int, str | None]]) -> None:
        """Charges an amount."""
        _asked(gateway.capture, _bill(items))


def _bill(items: Sequence[tuple[int, str | None]]) -> list[gateway.CostItem]:
    return [gateway.CostItem(amount, maybe_whole(words)) for amount, words in items]
