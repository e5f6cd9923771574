"""The gateway's interface `knowledge`, played: documents, pages of few of them, and refusals.

Beside `_fake_wasi`. The records have the members and the order of the generated bindings.
"""

from __future__ import annotations

import sys
from dataclasses import make_dataclass
from types import ModuleType
from typing import Any

import _fake_wasi as wasi

#: Documents of one page.
PAGE_DOCUMENTS = 2

#: The collections of the call at hand, by their names.
collections: dict[str, dict[str, Any]] = {}

#: What is refused next, with which error.
refusals: list[Any] = []

knowledge: Any = ModuleType("wit_world.imports.knowledge")

_RECORDS = {
    "Document": "id title source text format",
    "DocumentInfo": "id title source bytes",
    "DocumentPage": "documents next",
    "Passage": "document title source headings first_line last_line text score",
    "KnowledgeError_NoSuchCollection": "",
    "KnowledgeError_Invalid": "value",
    "KnowledgeError_Full": "value",
    "KnowledgeError_Unavailable": "value",
    "KnowledgeError_Other": "value",
}


def _named(name: str) -> dict[str, Any]:
    if refusals:
        raise wasi.Err(refusals.pop(0))
    if name not in collections:
        raise wasi.Err(knowledge.KnowledgeError_NoSuchCollection())
    return collections[name]


def _search(name: str, question: str, limit: int) -> list[Any]:
    assert type(question) is str and type(limit) is int and 0 <= limit < 2**32
    words = set(question.split())
    found = [
        knowledge.Passage(one.id, one.title or one.id, one.source or one.id, [], 1, 1, one.text, n)
        for one in _named(name).values()
        if (n := float(len(words & set(one.text.split()))))
    ]
    return sorted(found, key=lambda one: -float(one.score))[:limit]


def _put(name: str, documents: list[Any]) -> None:
    assert type(documents) is list
    there = _named(name)
    for document in documents:
        assert type(document) is knowledge.Document
        there[document.id] = document


def _remove(name: str, ids: list[str]) -> int:
    assert type(ids) is list
    there = _named(name)
    return sum(there.pop(id, None) is not None for id in ids)


def _clear(name: str) -> int:
    there = _named(name)
    count = len(there)
    there.clear()
    return count


def _documents(name: str, after: str | None) -> Any:
    there = _named(name)
    ids = sorted(id for id in there if after is None or id > after)
    page = [
        knowledge.DocumentInfo(
            id, there[id].title or id, there[id].source or id, len(there[id].text.encode())
        )
        for id in ids[:PAGE_DOCUMENTS]
    ]
    return knowledge.DocumentPage(page, page[-1].id if len(ids) > PAGE_DOCUMENTS else None)


def install() -> None:
    """Puts this in the place of the generated bindings."""
    for name, members in _RECORDS.items():
        setattr(knowledge, name, make_dataclass(name, members.split()))
    knowledge.search, knowledge.put, knowledge.remove = _search, _put, _remove
    knowledge.clear, knowledge.documents = _clear, _documents
    imports: Any = sys.modules["wit_world.imports"]
    imports.knowledge = knowledge
    sys.modules[knowledge.__name__] = knowledge


def begin() -> None:
    """Forgets all."""
    refusals.clear()
    collections.clear()
    collections.update({"bot": {}, "user": {}})
