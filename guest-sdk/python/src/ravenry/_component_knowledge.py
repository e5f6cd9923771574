"""What a bot knows, through the gateway."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from componentize_py_types import Err
from wit_world.imports import knowledge as gateway

from . import _backend
from ._documents import Document, DocumentInfo, Passage
from ._knowledge_error import KnowledgeError, NoSuchCollection


def _error(error: Any, name: str) -> KnowledgeError:
    if isinstance(error, gateway.KnowledgeError_NoSuchCollection):
        return NoSuchCollection(name)
    if isinstance(error, gateway.KnowledgeError_Invalid):
        return KnowledgeError("invalid", error.value)
    if isinstance(error, gateway.KnowledgeError_Full):
        return KnowledgeError("full", error.value)
    if isinstance(error, gateway.KnowledgeError_Unavailable):
        return KnowledgeError("unavailable", error.value)
    return KnowledgeError("other", error.value)


class WasiCollection:
    """A collection, on the gateway's side."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _asked(self, call: Callable[..., Any], *values: Any) -> Any:
        """Calls the gateway, and raises its refusals as a `KnowledgeError`."""
        try:
            return call(self._name, *values)
        except Err as error:
            refused = _error(error.value, self._name)
        raise refused

    def search(self, question: str, limit: int) -> Sequence[Passage]:
        """The passages that answer a question best."""
        return [
            Passage(
                found.document,
                found.title,
                found.source,
                list(found.headings),
                found.first_line,
                found.last_line,
                found.text,
                found.score,
            )
            for found in self._asked(gateway.search, question, limit)
        ]

    def put(self, documents: Sequence[Document]) -> None:
        """Puts documents in."""
        self._asked(
            gateway.put,
            [
                gateway.Document(one.id, one.title, one.source, one.text, one.format)
                for one in documents
            ],
        )

    def remove(self, ids: Sequence[str]) -> int:
        """Removes documents."""
        return self._asked(gateway.remove, list(ids))

    def clear(self) -> int:
        """Removes all documents."""
        return self._asked(gateway.clear)

    def documents(self, after: str | None) -> tuple[Sequence[DocumentInfo], str | None]:
        """Some of the documents."""
        page = self._asked(gateway.documents, after)
        documents = [
            DocumentInfo(one.id, one.title, one.source, one.bytes) for one in page.documents
        ]
        return documents, page.next


class WasiKnowledge:
    """The part of a `Backend` that is about what a bot knows."""

    def open_collection(self, name: str) -> _backend.KnowledgeCollection:
        """A collection; whether there is one shows at its use."""
        return WasiCollection(name)
