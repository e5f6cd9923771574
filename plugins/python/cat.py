"""Shows every kind of event that a simple bot needs: the cat of plugins/cat, event for event.

`respond` is a generator: what it yields is said.
"""

import json
import time
from collections.abc import Iterator

from ravenry import Bot, Failure, Feedback, Query, Reaction, Reply, Settings
from ravenry.events import Event, Meta, Replace, Suggest

MARKDOWN = (
    "# All about me\n\n",
    "*Soft paws*, ",
    "**sharp claws**.\n",
    "\n",
    "What I need:\n\n",
    "- a box\n",
    "- a warm keyboard\n",
    "- people who [play with me](https://poe.com)\n",
    "\n",
    "A fair comparison:\n\n",
    "| animal | points |\n",
    "| ------ | ------ |\n",
    "| cat    | 10     |\n",
    "| dog    | 1      |\n",
    "\n",
)

#: Seconds between peeks, and between numbers.
PAUSE = 1.0


class Cat(Bot):
    """Picks single words out of what is said to it, and otherwise sleeps."""

    def respond(self, query: Query, reply: Reply) -> Iterator[str | Event]:
        words = query.last_text.lower()
        yield Meta(
            content_type="text/plain" if "plain" in words else "text/markdown",
            linkify=True,
            refetch_settings=False,
            suggested_replies="dog" not in words,
        )

        # The only word that does not keep the cat from hearing the next.
        if "markdown" in words:
            yield from MARKDOWN

        if "cardboard" in words:
            yield "crunch "
            yield "crunch"
        elif "kitchen" in words or "meal" in words or "food" in words:
            yield "meow "
            yield "meow"
            yield Suggest("feed the cat")
        elif "stranger" in words:
            for _ in range(10):
                yield "peek "
                time.sleep(PAUSE)
        elif "square" in words:
            raise Failure("Square snacks are not tasty.")
        elif "cube" in words:
            raise Failure("Cube snacks are even less tasty.", allow_retry=False)
        elif "count" in words:
            for number in range(1, 11):
                yield Replace(str(number))
                time.sleep(0 if "quickly" in words else PAUSE)
        else:
            yield "zzz"

    def settings(self) -> Settings:
        # The second is not among the platform's documented settings any more, but part of a cat.
        return Settings(allow_attachments=True, extra={"allow_user_context_clear": True})

    def on_feedback(self, feedback: Feedback) -> None:
        print(
            f"user {quoted(feedback.user_id)} gave {quoted(feedback.feedback_type)}"
            f" to message {quoted(feedback.message_id)}"
        )

    def on_reaction(self, reaction: Reaction) -> None:
        print(
            f"user {quoted(reaction.user_id)} reacted with {quoted(reaction.reaction)}"
            f" to message {quoted(reaction.message_id)}"
        )


def quoted(text: str) -> str:
    """A stranger's words as one line: they may hold line breaks."""
    return json.dumps(text, ensure_ascii=False)
