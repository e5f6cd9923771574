"""What a bot knows: documents, and the passages of them that answer a question.

    from ravenry import knowledge
    from ravenry.knowledge import Document

    knowledge.user().put(Document.plain("list.txt", "milk, eggs"))
    for number, passage in enumerate(knowledge.bot().search("When do you open?", 3), 1):
        reply.text(f"{passage.text}\\n\\n{passage.citation(number)}\\n\\n")

`bot()` is the bot's collection: its author fills it, by the manifest, at the command line or over
HTTP, and it is the same whoever asks. `user()` is that of the person of the query or report at
hand, with this bot alone: what they hand over stays theirs. In `settings` there is only `bot()`;
where a query has no person, the error is `NoSuchCollection`.

**What is found.** A document is split into passages along its structure, of at most 180 words each.
`search` finds them by their words, in the forms that their language has, and by their meaning where
the gateway's operator has named a model for that. `Passage.citation` is the line by which a reader
finds one again.

**How safe, how much.** What was put or removed is kept, whatever happens to the machine afterwards,
and is found from then on. A document has 4 MiB of text at most, one call 256 documents and 8 MiB:
what would be more is a `KnowledgeError` of the kind `invalid`. Documents count as what the bot
keeps, together with what is in its `store`, and what would be more there is of the kind `full`.
Either changes nothing.

All functions are plain. Waiting costs no computing time, but it is not awaited: other tasks of the
same query stand still for that long, which is some milliseconds.

Native tests have collections in memory, which find what has the words of a question; see
`ravenry.testing.Knowledge`. The gateway's ranking is better.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator

from . import _backend, _text
from ._documents import Document, DocumentInfo, Format, Passage
from ._knowledge_error import KnowledgeError, KnowledgeErrorKind, NoSuchCollection

__all__ = [
    "Collection",
    "Document",
    "DocumentInfo",
    "Format",
    "KnowledgeError",
    "KnowledgeErrorKind",
    "NoSuchCollection",
    "Passage",
    "bot",
    "user",
]

#: Passages that a search returns at most; more may be asked for.
_LIMIT_MAX = 100


def bot() -> Collection:
    """What this bot knows for all who use it."""
    return Collection("bot")


def user() -> Collection:
    """What the person of the query or report at hand has handed over to this bot."""
    return Collection("user")


class Collection:
    """Documents that can be searched; see `bot` and `user`.

        for document in knowledge.user().documents():
            reply.text(f"- {document.title}\\n")

    Everything raises `NoSuchCollection` where the call does not have it, `KnowledgeError`
    (`unavailable`) where the database does not answer, and where something is put in, `invalid` and
    `full` too.
    """

    def __init__(self, name: str, given: _backend.KnowledgeCollection | None = None) -> None:
        self._name = name
        self._given = given

    def __repr__(self) -> str:
        return f"<collection {self._name!r}>"

    @property
    def _collection(self) -> _backend.KnowledgeCollection:
        return self._given or _backend.current.open_collection(self._name)

    def search(self, question: str, limit: int = 5) -> list[Passage]:
        """The passages that answer a question best, best first: at most `limit`, and 100. Of
        equals, the earlier document and the earlier passage. None: nothing in the documents fits.

        The question may be of any length; its first 16 KiB count.
        """
        count = operator.index(limit)
        if count < 0:
            raise ValueError(f"`limit` is 0 or more, not {limit}")
        return list(self._collection.search(_text.whole(question), min(count, _LIMIT_MAX)))

    def put(self, document: Document) -> None:
        """Puts a document in, in the place of the one that has its identifier."""
        self.put_many([document])

    def put_many(self, documents: Iterable[Document]) -> None:
        """Puts these documents in: all of them, or none where one is refused. At most 256, and
        8 MiB."""
        self._collection.put([_whole(document) for document in documents])

    def remove(self, id: str) -> bool:
        """Removes the document with this identifier, and says whether there was one."""
        return self._collection.remove([_text.whole(id)]) > 0

    def remove_many(self, ids: Iterable[str]) -> int:
        """Removes the documents with these identifiers, and says how many of them there were."""
        if isinstance(ids, str):
            raise TypeError(f"several identifiers are a list of texts, not the text {ids!r:.200}")
        return self._collection.remove([_text.whole(id) for id in ids])

    def clear(self) -> int:
        """Removes all documents, and says how many there were."""
        return self._collection.clear()

    def documents(self) -> Iterator[DocumentInfo]:
        """All documents, in the order of their identifiers' bytes, asked for as they are taken:
        1,000 at a time.

        One that is there all the while comes once; one that is put in or removed meanwhile comes or
        does not.
        """
        collection = self._collection
        after: str | None = None
        while True:
            documents, after = collection.documents(after)
            yield from documents
            # A page can be empty and not the last.
            if after is None:
                return


def _whole(document: object) -> Document:
    """A document as the gateway takes it; `TypeError` or `ValueError` where it is none."""
    if not isinstance(document, Document):
        raise TypeError(f"a document is a `Document`, not {document!r:.200}")
    if document.format not in ("markdown", "plain"):
        raise ValueError(f"a format is `markdown` or `plain`, not {document.format!r:.200}")
    return Document(
        _text.whole(document.id),
        _text.whole(document.text),
        _text.whole(document.title),
        _text.whole(document.source),
        document.format,
    )
