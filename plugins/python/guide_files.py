"""The files of a person: taken in, listed, forgotten."""

import re

from guide_commands import behind_forget, is_name
from guide_escape import escaped
from ravenry import Query, Reply, knowledge
from ravenry.knowledge import Document, KnowledgeError, NoSuchCollection, Passage

#: Most files that are listed.
LISTED_MAX = 50

#: How much of the beginnings of files an answer is made from, in characters, all files together:
#: some pages, which any model takes.
BEGINNINGS_CHARS_MAX = 6_000


def take_in(query: Query) -> tuple[str, set[str]]:
    """Puts the files of the last message into the person's collection: what to say then, and which
    are there now.
    """
    mine = knowledge.user()
    texts = [file.parsed_content or "" for file in query.attachments]
    # Without a text, nothing is to be kept.
    before = ids_of_files() if any(map(str.strip, texts)) else set[str]()
    new: list[str] = []
    again: list[str] = []
    unread: list[str] = []
    refused: dict[str, list[str]] = {}
    for name, file, text in zip(names(query), query.attachments, texts, strict=True):
        # The platform has found no text in it.
        if not text.strip():
            unread.append(name)
            continue
        is_markdown = file.content_type == "text/markdown"
        document = Document.markdown if is_markdown else Document.plain
        try:
            mine.put(document(name, text))
            (again if name in before else new).append(name)
        except KnowledgeError as error:
            # The other files are as good as before, and so is the question.
            refused.setdefault(why_not(error), []).append(name)
    ones = "one" if len(again) == 1 else "ones"
    told = (
        ("I have taken in", new, ""),
        ("I have taken in", again, f", in the place of the {ones} before"),
        ("I cannot read", unread, ""),
        *(("I could not keep", which, why) for why, which in sorted(refused.items())),
    )
    said = (
        f"{start} {', '.join(map(escaped, which))}{end}.\n\n" for start, which, end in told if which
    )
    return "".join(said), {*new, *again}


def why_not(error: KnowledgeError) -> str:
    """Why a file was not kept, as the end of a sentence; raises the error, where nothing else can
    be done either.
    """
    match error.kind:
        case "invalid" | "full":
            return f": {error}" if str(error) else ""
        case "no-such-collection":
            return ": I cannot see whose it is"
        case _:
            raise error


def ids_of_files() -> set[str]:
    try:
        return {file.id for file in knowledge.user().documents()}
    except NoSuchCollection:
        # A query without a person has no files.
        return set()


def beginnings(query: Query, count_max: int) -> list[Passage]:
    """How those files begin that have a text, also where they could not be kept: each with as much
    as there is room for.
    """
    files = zip(names(query), query.attachments, strict=True)
    texts = [(name, file.parsed_content or "") for name, file in files]
    texts = [(name, text) for name, text in texts if text.strip()][:count_max]
    return [beginning(name, text, BEGINNINGS_CHARS_MAX // len(texts)) for name, text in texts]


def beginning(name: str, text: str, chars_max: int) -> Passage:
    start = text.lstrip()
    first = text[: len(text) - len(start)].count("\n") + 1
    kept = start.rstrip()
    if len(start) > chars_max:
        # Between two words, where there are two.
        kept = re.sub(r"\s\S*\Z", "", start[:chars_max]).rstrip() + " …"
    last = first + kept.count("\n")
    kept = kept.replace("\r\n", "\n").replace("\r", "\n")
    return Passage(name, name, name, [], first, last, kept)


def names(query: Query) -> list[str]:
    """A name for each file that no other of the message has: `notes.txt`, `notes-2.txt`."""
    own_names = [file.name.strip() for file in query.attachments]
    others, given = set(own_names), dict[str, None]()
    for own in own_names:
        name = wanted = own or "file"
        number = 1
        # Nor what another is called by itself, be it later in the message.
        while name in given or (name != own and name in others):
            number += 1
            start, dot, ending = wanted.rpartition(".")
            name = f"{start}-{number}{dot}{ending}" if start else f"{wanted}-{number}"
        given[name] = None
    return list(given)


def list_files(reply: Reply) -> None:
    """Says which files of the person there are."""
    files = list(knowledge.user().documents())
    lines = [f"- **{escaped(file.id)}**, {file.bytes} bytes\n" for file in files[:LISTED_MAX]]
    reply.text("".join(lines) or "I have no files of yours. Attach one to a message.")
    if len(files) > LISTED_MAX:
        reply.text(f"- and {len(files) - LISTED_MAX} more\n")


def to_forget(text: str) -> str | None:
    """Which file of the person a message wants removed: the one whose name stands behind the verb,
    and nothing else.
    """
    behind = behind_forget(text)
    files = sorted(ids_of_files()) if behind else []
    named = [file for file in files if any(is_name(rest, file) for rest in behind)]
    return max(named, key=len, default=None)


def forget_files() -> str:
    """Removes all files of the person: what to say then."""
    count = knowledge.user().clear()
    if count == 0:
        return "I have no files of yours."
    return "I have forgotten your file." if count == 1 else f"I have forgotten your {count} files."
