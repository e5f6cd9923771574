"""The collections that a test plays: in memory, within the limits of the gateway."""

from __future__ import annotations

from collections.abc import Sequence

from . import _backend, _played_passages
from ._documents import Document, DocumentInfo, Passage
from ._knowledge_error import KnowledgeError, NoSuchCollection
from .knowledge import Collection

#: Bytes of an identifier, a title and a source, and of a text, as in the gateway.
_NAME_BYTES_MAX, _TEXT_BYTES_MAX = 1_024, 4 << 20

#: Documents and bytes of one call.
_BATCH_DOCUMENTS_MAX, _BATCH_BYTES_MAX = 256, 8 << 20

#: What all documents of a bot may have, and how many there may be: what the gateway has for a bot's
#: store, which its documents are part of.
_BYTES_MAX, _DOCUMENTS_MAX = 64 << 20, 100_000

#: How much of a question counts, in bytes.
_QUESTION_BYTES_MAX = 16 << 10

#: Documents of one page.
_PAGE_DOCUMENTS = 1_000


class Knowledge:
    """What a bot knows in a test: put in before in `Scene(knowledge=…)`, looked at after in
    `Transcript.knowledge`.

        knowledge = testing.Knowledge()
        knowledge.bot().put(Document.markdown("hours.md", "# Hours\\n\\nFrom 9 to 17."))
        knowledge.user("anna").put(Document.plain("list.txt", "milk"))

    A query that is made of a text is asked by the person `user`, who is meant without a name.
    `refusal` is an error with which the bot is refused what it asks for: of the kind `full` what it
    puts in, of any other everything. Here, `bot()` and `user()` of the test are never refused.

    A search finds what has the words; the gateway's ranking is better. Here a passage scores by how
    many distinct words of the question are in it, as they are written but for upper case. It begins
    with a heading, or where it would have more than 180 words. What is in the `Store` takes no room
    from documents.
    """

    def __init__(self, refusal: KnowledgeError | None = None) -> None:
        self.refusal = refusal
        self._collections: dict[tuple[str, str], dict[str, Document]] = {}

    def __repr__(self) -> str:
        collections = {
            f"{name} {owner}".rstrip(): sorted(documents)
            for (name, owner), documents in self._collections.items()
        }
        return f"<knowledge {collections!r:.1000}>"

    def __eq__(self, other: object) -> bool:
        return self._filled() == other._filled() if isinstance(other, Knowledge) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def _filled(self) -> dict[tuple[str, str], dict[str, Document]]:
        return {whose: documents for whose, documents in self._collections.items() if documents}

    def copy(self) -> Knowledge:
        """Another one with the same documents."""
        other = Knowledge(self.refusal)
        other._collections = {whose: dict(all_) for whose, all_ in self._collections.items()}
        return other

    def bot(self) -> Collection:
        """What is known for all."""
        return Collection("bot", _PlayedCollection(self, "bot", "", None))

    def user(self, user_id: str = "user") -> Collection:
        """What this person has handed over."""
        return Collection("user", _PlayedCollection(self, "user", user_id, None))

    def document(self, id: str, user_id: str | None = None) -> Document | None:
        """The document with this identifier, with its text: of this person, or the bot's."""
        whose = ("bot", "") if user_id is None else ("user", user_id)
        return self._collections.get(whose, {}).get(id)

    def opened(self, name: str, user_id: str) -> _backend.KnowledgeCollection:
        """A collection, as a bot has it; `NoSuchCollection` where the call does not have it."""
        if name != "bot" and not (name == "user" and user_id):
            raise NoSuchCollection(name)
        owner = user_id if name == "user" else ""
        return _PlayedCollection(self, name, owner, self.refusal)

    def entries(self, name: str, owner: str) -> dict[str, Document]:
        """What is in a collection."""
        return self._collections.setdefault((name, owner), {})

    def write(self, name: str, owner: str, documents: Sequence[Document]) -> None:
        """Puts these documents in, all or none."""
        entries = self.entries(name, owner)
        count, size = self._totals()
        after = {**entries, **{document.id: document for document in documents}}
        more = len(after) - len(entries)
        bytes_after = size + sum(map(_size, after.values())) - sum(map(_size, entries.values()))
        if more > 0 and count + more > _DOCUMENTS_MAX:
            what = f"no more than {_DOCUMENTS_MAX} documents of the bot are kept"
            raise KnowledgeError("full", what)
        if bytes_after > max(size, _BYTES_MAX):
            raise KnowledgeError("full", f"no more than {_BYTES_MAX} bytes of the bot are kept")
        entries.update(after)

    def _totals(self) -> tuple[int, int]:
        """How many documents there are, and how many bytes they have."""
        sizes = [_size(one) for all_ in self._collections.values() for one in all_.values()]
        return len(sizes), sum(sizes)


def _size(document: Document) -> int:
    texts = (document.id, document.title, document.source, document.text)
    return sum(len(text.encode()) for text in texts)


class _PlayedCollection:
    """A collection of a scene."""

    def __init__(
        self, knowledge: Knowledge, name: str, owner: str, refusal: KnowledgeError | None
    ) -> None:
        self._knowledge = knowledge
        self._name = name
        self._owner = owner
        self._refusal = refusal

    def _documents(self, *, puts: bool = False) -> dict[str, Document]:
        """What is in it; refuses what is to be refused."""
        if self._refusal is not None and (puts or self._refusal.kind != "full"):
            raise self._refusal
        return self._knowledge.entries(self._name, self._owner)

    def _in_order(self) -> list[Document]:
        documents = self._documents()
        return [documents[id] for id in sorted(documents, key=str.encode)]

    def search(self, question: str, limit: int) -> Sequence[Passage]:
        """The passages with most of the words."""
        counted = question.encode()[:_QUESTION_BYTES_MAX].decode(errors="ignore")
        return _played_passages.search(self._in_order(), counted)[:limit]

    def put(self, documents: Sequence[Document]) -> None:
        """Puts documents in."""
        _check_count(documents)
        for document in documents:
            _check(document)
        if sum(map(_size, documents)) > _BATCH_BYTES_MAX:
            bound = f"at most {_BATCH_BYTES_MAX} bytes together"
            raise KnowledgeError("invalid", f"the documents of one call have {bound}")
        self._documents(puts=True)
        self._knowledge.write(self._name, self._owner, documents)

    def remove(self, ids: Sequence[str]) -> int:
        """Removes documents."""
        _check_count(ids)
        documents = self._documents()
        return sum(documents.pop(id, None) is not None for id in ids)

    def clear(self) -> int:
        """Removes all documents."""
        documents = self._documents()
        count = len(documents)
        documents.clear()
        return count

    def documents(self, after: str | None) -> tuple[Sequence[DocumentInfo], str | None]:
        """Some of the documents."""
        behind = [
            one
            for one in self._in_order()
            if after is None or one.id.encode() > after.encode()
        ]
        page = [
            DocumentInfo(
                one.id,
                _played_passages.title(one),
                one.source or one.id,
                len(one.text.encode()),
            )
            for one in behind[:_PAGE_DOCUMENTS]
        ]
        return page, page[-1].id if len(behind) > len(page) else None


def _check_count(several: Sequence[object]) -> None:
    if len(several) > _BATCH_DOCUMENTS_MAX:
        bound = f"at most {_BATCH_DOCUMENTS_MAX} documents are taken at once"
        raise KnowledgeError("invalid", bound)


def _check(document: Document) -> None:
    if not document.id:
        raise KnowledgeError("invalid", "a document has an identifier")
    for what, text, most in (
        ("an identifier", document.id, _NAME_BYTES_MAX),
        ("a title", document.title, _NAME_BYTES_MAX),
        ("a source", document.source, _NAME_BYTES_MAX),
        ("a text", document.text, _TEXT_BYTES_MAX),
    ):
        if len(text.encode()) > most:
            raise KnowledgeError("invalid", f"{what} has at most {most} bytes")
