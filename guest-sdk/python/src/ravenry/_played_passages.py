"""Splits documents into passages, and texts into words, as simply as will do for a test."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ._documents import Document, Passage

#: Most words of a passage, as in the gateway.
_PASSAGE_WORDS_MAX = 180

_WORD = re.compile(r"[^\W_]+")

_HEADING = re.compile(r"(#{1,6}) +(\S.*)")

_FRONT_MATTER = re.compile(r"---\n(?:(?!---\n).*\n)*?title:[ \t]*(\S.*)\n")


def words(text: str) -> set[str]:
    """The distinct words of a text, in lower case."""
    return {word.lower() for word in _WORD.findall(text)}


def search(documents: Sequence[Document], question: str) -> list[Passage]:
    """The passages that have words of a question, those with most of them first."""
    wanted = words(question)
    found = [
        replace(passage, score=float(len(wanted & words(passage.text))))
        for document in documents
        for passage in split(document)
    ]
    # Stable: of equals, the earlier one stays before the later.
    return sorted(
        (passage for passage in found if passage.score), key=lambda one: one.score, reverse=True
    )


def title(document: Document) -> str:
    """What a reader knows a document by."""
    if document.title:
        return document.title
    if document.format == "markdown":
        front = _FRONT_MATTER.match(document.text)
        if front:
            return front[1].strip().strip('"')
        for _, _, heading in _lines(document):
            if heading is not None:
                return heading[1]
    return document.id


def _lines(document: Document) -> Iterator[tuple[int, str, tuple[int, str] | None]]:
    """All lines with their numbers; of a heading, its level and what it says."""
    in_code = False
    for number, line in enumerate(document.text.split("\n"), 1):
        in_code ^= line.lstrip().startswith("```")
        heading = _HEADING.fullmatch(line.rstrip())
        if heading is None or in_code or document.format == "plain":
            yield number, line, None
        else:
            yield number, line, (len(heading[1]), heading[2])


def split(document: Document) -> list[Passage]:
    """The passages of a document, in the order of its text."""
    splitter = _Splitter(Passage(document.id, title(document), document.source or document.id))
    for number, line, heading in _lines(document):
        if heading is not None:
            splitter.begin()
            level = heading[0]
            splitter.headings = [one for one in splitter.headings if one[0] < level]
            splitter.headings.append(heading)
        splitter.line(number, line)
    splitter.begin()
    return splitter.done


class _Splitter:
    """Collects the lines of a passage, until the next one begins."""

    def __init__(self, empty: Passage) -> None:
        #: What all passages of the document have in common.
        self._empty = empty
        #: The lines of the passage at hand, with their numbers; the first one has words.
        self._lines: list[tuple[int, str]] = []
        self._count = 0
        #: The headings that are open, with their levels.
        self.headings: list[tuple[int, str]] = []
        self.done: list[Passage] = []

    def begin(self) -> None:
        """Ends the passage at hand, if it has words; what comes belongs to the next one."""
        lines, self._lines, self._count = self._lines, [], 0
        while lines and not lines[-1][1].strip():
            lines.pop()
        if lines:
            self.done.append(
                replace(
                    self._empty,
                    headings=[words for _, words in self.headings],
                    first_line=lines[0][0],
                    last_line=lines[-1][0],
                    text="\n".join(line for _, line in lines).rstrip(),
                )
            )

    def line(self, number: int, line: str) -> None:
        """Adds a line. One with more words than a passage may have is cut between them."""
        found = line.split()
        if len(found) <= _PASSAGE_WORDS_MAX:
            self._piece(number, line, len(found))
            return
        for start in range(0, len(found), _PASSAGE_WORDS_MAX):
            piece = found[start : start + _PASSAGE_WORDS_MAX]
            self._piece(number, " ".join(piece), len(piece))

    def _piece(self, number: int, piece: str, count: int) -> None:
        if self._count + count > _PASSAGE_WORDS_MAX:
            self.begin()
        if self._lines or count:
            self._lines.append((number, piece.rstrip("\r")))
            self._count += count
