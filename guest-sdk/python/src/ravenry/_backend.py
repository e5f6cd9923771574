"""What the package needs of the world around a bot: the gateway's interface, or a test's scene.

`current` is the world at hand. In a component it is the gateway, set by `ravenry._component`; in a
native test it is a scene, set by `ravenry.testing` for as long as a bot is asked. Nothing else in
the package knows which of the two it talks to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from ._documents import Document, DocumentInfo, Passage
    from .events import Event, File


class Pollable(Protocol):
    """Something that becomes ready. To be closed before what it belongs to."""

    def ready(self) -> bool:
        """Whether it is ready now. Never waits."""
        ...

    def block(self) -> None:
        """Waits until it is ready."""
        ...

    def close(self) -> None:
        """Gives it back. May be called twice."""
        ...


class Said(Protocol):
    """One event of another bot's answer, with the members of `said-event` in `poe.wit`."""

    name: str
    text: str
    index: int | None
    data: str


class AnswerSource(Protocol):
    """What another bot says. Everything raises `PoeError`."""

    def read(self) -> Sequence[Said]:
        """The events that have arrived, at least one; none after the last. Waits."""
        ...

    def subscribe(self) -> Pollable:
        """Ready when `read` would not wait."""
        ...

    def relay(self) -> None:
        """Hands all that is still to come to the reader."""
        ...

    def relay_text(self) -> None:
        """The same, with nothing but `text` and `replace_response`."""
        ...

    def close(self) -> None:
        """Hangs up. May be called twice."""
        ...


class Exchange(Protocol):
    """One HTTP request under way. Everything raises `HttpError`."""

    def write(self, piece: bytes) -> int:
        """Takes some of the body of the request, and says how many bytes; 0: not now."""
        ...

    def writable(self) -> Pollable:
        """Ready when `write` would take something, or would fail."""
        ...

    def finish(self) -> None:
        """The body of the request is whole. To be called once, also where there is none."""
        ...

    def head(self) -> tuple[int, list[tuple[str, str]]] | None:
        """Status and headers of the response; `None`: not yet."""
        ...

    def answered(self) -> Pollable:
        """Ready when `head` would give them, or would fail."""
        ...

    def read(self, size: int) -> bytes | None:
        """The next bytes of the response; `None`: not yet; `b""`: the end."""
        ...

    def readable(self) -> Pollable:
        """Ready when `read` would give something, or would fail."""
        ...

    def close(self) -> None:
        """Hangs up: pollables, then the stream, then the body. May be called twice."""
        ...


class StoreCas(Protocol):
    """A value that is to be swapped. Everything raises `StoreError`."""

    def current(self) -> bytes | None:
        """What it is now: `swap` compares with this from here on. `None` where there is none."""
        ...

    def swap(self, value: bytes) -> StoreCas | None:
        """Sets the value, once. Where another was faster, what there is now, to try again."""
        ...


class StoreBucket(Protocol):
    """A bucket that is open. Everything raises `StoreError`."""

    def get(self, key: str) -> bytes | None:
        """The value; `None` where there is none."""
        ...

    def set(self, key: str, value: bytes) -> None:
        """Sets the value."""
        ...

    def delete(self, key: str) -> None:
        """Removes key and value, where they are there."""
        ...

    def exists(self, key: str) -> bool:
        """Whether there is a value."""
        ...

    def list_keys(self, cursor: str | None) -> tuple[Sequence[str], str | None]:
        """Some of the keys, and what brings those behind them, if there are any."""
        ...

    def increment(self, key: str, delta: int) -> int:
        """Adds to a number: the sum."""
        ...

    def look(self, key: str) -> StoreCas:
        """Looks at a value that is to be swapped."""
        ...

    def get_many(self, keys: Sequence[str]) -> Sequence[tuple[str, bytes | None]]:
        """These keys and their values, in this order."""
        ...

    def set_many(self, values: Sequence[tuple[str, bytes]]) -> None:
        """Sets these values."""
        ...

    def delete_many(self, keys: Sequence[str]) -> None:
        """Removes these keys and their values."""
        ...


class KnowledgeCollection(Protocol):
    """A collection of documents. Everything raises `KnowledgeError`."""

    def search(self, question: str, limit: int) -> Sequence[Passage]:
        """The passages that answer a question best, best first."""
        ...

    def put(self, documents: Sequence[Document]) -> None:
        """Puts documents in, all or none."""
        ...

    def remove(self, ids: Sequence[str]) -> int:
        """Removes these documents: how many there were."""
        ...

    def clear(self) -> int:
        """Removes all documents: how many there were."""
        ...

    def documents(self, after: str | None) -> tuple[Sequence[DocumentInfo], str | None]:
        """Some of the documents, and what brings those behind them, if there are any."""
        ...


class Backend(Protocol):
    """The world around a bot."""

    # Time.

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Waits."""
        ...

    def after(self, seconds: float) -> Pollable:
        """Ready after so much time."""
        ...

    def poll(self, pollables: Sequence[Pollable]) -> list[int]:
        """Waits until at least one of these, of which there is one, is ready: which ones are."""
        ...

    # The reply. `say` raises `Stopped`, or `ValueError` for an event that makes no sense.

    def say(self, event: Event) -> None:
        """Sends one event to the reader."""
        ...

    # The request.

    def raw(self) -> str:
        """The body of the request, as it was received."""
        ...

    def header(self, name: str) -> str | None:
        """One header."""
        ...

    def headers(self) -> list[tuple[str, str]]:
        """All headers."""
        ...

    def reference(self) -> str:
        """The reference of this request."""
        ...

    # The platform. Everything raises `PoeError`.

    def ask(self, bot: str, body: str) -> AnswerSource:
        """Asks another bot; `body` is the JSON object of `poe.ask` in `poe.wit`."""
        ...

    def attach(self, name: str, content_type: str | None, content: bytes, inline: bool) -> File:
        """Uploads a file of any size that a file may have, and attaches it."""
        ...

    def attach_url(self, url: str, name: str | None, inline: bool) -> File:
        """Has the platform fetch a file, and attaches it."""
        ...

    def read_attachment(self, url: str, bytes_max: int) -> bytes:
        """The bytes of an attachment of the query."""
        ...

    def authorize(self, items: Sequence[tuple[int, str | None]]) -> None:
        """Reserves an amount: each position in thousandths of a US cent, and what it is for."""
        ...

    def capture(self, items: Sequence[tuple[int, str | None]]) -> None:
        """Charges an amount."""
        ...

    # The web.

    def send(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        timeouts: tuple[float | None, float | None, float | None],
    ) -> Exchange:
        """Begins a request; the timeouts are for connecting, for the first byte and between
        bytes."""
        ...

    # The store. It raises `StoreError`.

    def open_bucket(self, name: str) -> StoreBucket:
        """Opens a bucket: `bot`, `user` or `conversation`."""
        ...

    # The documents. It raises `KnowledgeError`.

    def open_collection(self, name: str) -> KnowledgeCollection:
        """A collection: `bot` or `user`."""
        ...


class _Nothing:
    """The world while a bot is imported: there is none."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("there is no query to answer: ask the bot through `ravenry.testing`")


current: Backend = cast("Backend", _Nothing())
