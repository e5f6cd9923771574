"""The cat of plugins/cat in Python: event for event the same."""

import json
import time

from ravenry import Bot, Failure, Feedback, Query, Reaction, Reply, Settings, export

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

PAUSE = 1.0  # seconds between peeks, and between numbers


class Cat(Bot):
    """Picks single words out of what is said to it, and otherwise sleeps."""

    def respond(self, query: Query, reply: Reply) -> None:
        words = query.last_text.lower()
        reply.meta(
            content_type="text/plain" if "plain" in words else "text/markdown",
            linkify=True,
            refetch_settings=False,
            suggested_replies="dog" not in words,
        )

        # The only word that does not keep the cat from hearing the next.
        if "markdown" in words:
            for chunk in MARKDOWN:
                reply.text(chunk)

        if "cardboard" in words:
            reply.text("crunch ")
            reply.text("crunch")
        elif "kitchen" in words or "meal" in words or "food" in words:
            reply.text("meow ")
            reply.text("meow")
            reply.suggest("feed the cat")
        elif "stranger" in words:
            for _ in range(10):
                reply.text("peek ")
                time.sleep(PAUSE)
        elif "square" in words:
            raise Failure("Square snacks are not tasty.")
        elif "cube" in words:
            raise Failure("Cube snacks are even less tasty.", allow_retry=False)
        elif "count" in words:
            for number in range(1, 11):
                reply.replace(str(number))
                time.sleep(0 if "quickly" in words else PAUSE)
        else:
            reply.text("zzz")

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


Handler = export(Cat)
