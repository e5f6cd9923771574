"""Shows how a bot remembers: what each person asks it to keep, until they ask it to forget. The bot
of plugins/notes, event for event.
"""

import re
from typing import TypedDict

from ravenry import Bot, Failure, Query, Reply, Settings, store

#: Where a person's notes are in their bucket: all under one key, so that one `update` changes them.
KEY = "notes"

#: Most notes of a person. With the length below, all of them fit into one value.
NOTES_MAX = 100

#: Longest note, in characters.
CHARACTERS_MAX = 1_000

#: What the bot can do, as it says itself.
HELP = """\
I keep notes for you. Say

- **remember** and what I am to keep: *remember the milk*
- **list**, and I show your notes with their numbers
- **forget** and a number: *forget 2*
- **forget everything**"""

#: One word, and mostly something behind it. Spaces and a colon in between make no difference.
COMMAND = re.compile(r"([^:\s]*)\s*:?\s*(.*)", re.DOTALL)

#: The number of a note.
NUMBER = re.compile(r"#*\+?0*([0-9]{1,19})")


class Noted(TypedDict):
    """What one person has noted."""

    #: The number of the newest note that there ever was. None is given twice, so that `forget 2`
    #: means the same note all the time.
    last: int
    #: The notes by their numbers, which JSON has as texts.
    notes: dict[str, str]


NOTHING: Noted = {"last": 0, "notes": {}}


class Notes(Bot):
    """Keeps notes for people."""

    def respond(self, query: Query, reply: Reply) -> None:
        command = COMMAND.fullmatch(query.last_text.strip())
        word, rest = command.groups() if command else ("", "")
        match word.lower(), rest.lower():
            case "remember" | "note", behind if behind:
                reply.text(remember(rest))
            case "list", "":
                reply.text(listed())
            case "forget", "everything" | "all":
                reply.text(forget_all())
            case "forget", which if number := NUMBER.fullmatch(which):
                reply.text(forget(int(number[1])))
            case _:
                reply.text(HELP)
                reply.suggest("remember the milk")
                return
        reply.suggest("list")

    def settings(self) -> Settings:
        return Settings(introduction_message=HELP)


def remember(note: str) -> str:
    """Keeps a note: what to say then."""
    if len(note) > CHARACTERS_MAX:
        raise Failure(
            f"That is too long for a note: {CHARACTERS_MAX} characters at most.", allow_retry=False
        )

    def add(noted: Noted) -> Noted:
        if len(noted["notes"]) >= NOTES_MAX:
            raise Failure(
                f"You have {NOTES_MAX} notes already. Let me forget some first.", allow_retry=False
            )
        last = noted["last"] + 1
        return {"last": last, "notes": {**noted["notes"], str(last): note}}

    # Two messages can be answered at once. `update` begins anew with what there is then, where a
    # `get` with a `set` behind it would lose one of the notes.
    return f"Noted, as number {store.user().update(KEY, add, NOTHING)['last']}."


def listed() -> str:
    """All notes, with their numbers."""
    noted: Noted = store.user().get(KEY, NOTHING)
    # No list of Markdown: it would count for itself, and leave no gaps where notes were forgotten.
    lines = [
        f"- **{number}** {' '.join(note.splitlines())}\n"
        for number, note in sorted(noted["notes"].items(), key=lambda one: int(one[0]))
    ]
    return "".join(lines) or "You have no notes."


def forget(number: int) -> str:
    """Removes one note: what to say then."""
    forgotten: str | None = None

    def remove(noted: Noted) -> Noted:
        nonlocal forgotten
        forgotten = noted["notes"].pop(str(number), None)
        return noted

    store.user().update(KEY, remove, NOTHING)
    return f"You have no note {number}." if forgotten is None else f"Forgotten: {forgotten}"


def forget_all() -> str:
    """Removes all notes: what to say then."""
    count = 0

    def clear(noted: Noted) -> Noted:
        nonlocal count
        count = len(noted["notes"])
        # Not the number: a note that is made meanwhile would get one that the person knows as
        # another's.
        return {"last": noted["last"], "notes": {}}

    store.user().update(KEY, clear, NOTHING)
    if count == 0:
        return "You have no notes."
    return "I have forgotten your note." if count == 1 else f"I have forgotten your {count} notes."
