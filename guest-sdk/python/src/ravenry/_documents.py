"""Documents that a bot knows, and passages of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

#: How the text of a document is written: as Markdown, or as text without marks.
Format = Literal["markdown", "plain"]


@dataclass(slots=True)
class Document:
    """A document, as it is put into a collection.

        >>> Document("hours.md", "# Opening hours", source="https://example.org/hours").format
        'markdown'
        >>> Document.plain("menu.txt", "Soup", title="The menu").format
        'plain'
    """

    #: What it is known by in its collection, as a path or a URL: 1 to 1,024 bytes. A document that
    #: is put in takes the place of the one that has its identifier.
    id: str
    #: What is in it: at most 4 MiB.
    text: str
    #: What a reader knows it by. Empty: what the text calls itself, by its front matter or its
    #: first heading; or else the identifier. At most 1,024 bytes.
    title: str = ""
    #: Where it is from, as a reader may look it up: a URL, the name of a file. Empty: the
    #: identifier. At most 1,024 bytes.
    source: str = ""
    #: How the text is written.
    format: Format = "markdown"

    @classmethod
    def markdown(cls, id: str, text: str, *, title: str = "", source: str = "") -> Document:
        """A document in Markdown, with the title that it gives itself where none is given."""
        return cls(id, text, title, source, "markdown")

    @classmethod
    def plain(cls, id: str, text: str, *, title: str = "", source: str = "") -> Document:
        """A document in plain text."""
        return cls(id, text, title, source, "plain")


@dataclass(slots=True)
class DocumentInfo:
    """What is known of a document without its text."""

    #: What it is known by in its collection.
    id: str
    #: Its title; never empty.
    title: str
    #: Where it is from; never empty.
    source: str
    #: How long its text is, in bytes.
    bytes: int


@dataclass(slots=True)
class Passage:
    """A stretch of a document that was found.

        >>> passage = Passage("m", "Manual", "manual.md", ["Manual", "Hours"], 5, 9, "From nine.")
        >>> passage.citation(1)
        '[1] Manual › Hours (manual.md)'
        >>> passage.lines
        'lines 5–9'
    """

    #: The identifier of its document.
    document: str
    #: The title of its document; never empty.
    title: str
    #: Where its document is from; never empty.
    source: str
    #: The titles in the document under which it stands, from the top.
    headings: list[str] = field(default_factory=list[str])
    #: The line of the document on which it begins, from 1.
    first_line: int = 1
    #: The line on which it ends, itself among them.
    last_line: int = 1
    #: The passage, as it is written in the document: at most 180 words.
    text: str = ""
    #: How well it fits: more is better. Only scores of the same search can be compared.
    score: float = 0.0

    @property
    def path(self) -> str:
        """The title and the headings under which it stands: `Manual › Opening hours`.

        A document that takes its title from its first heading has it in both; here it stands once.
        """
        return " › ".join(_without_repeats([self.title, *filter(None, self.headings)]))

    @property
    def lines(self) -> str:
        """Where it is in its document: `line 3`, or `lines 3–9`."""
        if self.first_line >= self.last_line:
            return f"line {self.first_line}"
        return f"lines {self.first_line}–{self.last_line}"

    def citation(self, number: int | str) -> str:
        """The line by which a reader finds it: `[1] Manual › Opening hours (manual.md)`.

        A source that is the title is left out.
        """
        source = "" if self.source == self.title else f" ({self.source})"
        return f"[{number}] {self.path}{source}"


def _without_repeats(names: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for name in names:
        if not kept or kept[-1] != name:
            kept.append(name)
    return kept
