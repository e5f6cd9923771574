"""A bot: says what it hears, behind its greeting."""

import os

from ravenry import Bot, Query, Reply, Settings


class Parrot(Bot):
    """What answers. It keeps nothing: every query gets a fresh one."""

    def respond(self, query: Query, reply: Reply) -> None:
        """Answers one query. Each `text` is sent to the reader at once."""
        reply.text(os.environ.get("greeting", "I heard"))
        reply.text(": ")
        reply.text(query.last_text)
        reply.suggest("Say it again")

    def settings(self) -> Settings:
        """How Poe treats the bot."""
        return Settings(introduction_message="Say something.")
