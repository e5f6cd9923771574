"""The query at hand, as far as questions to other bots need it.

A question takes the conversation over by itself. What the gateway cannot know are messages that
were inserted on this side, so they are kept here. An instance answers one query; natively each test
scene sets its own.
"""

from __future__ import annotations

from dataclasses import replace

from . import prompt
from .query import Message, Query

#: The conversation, where something was inserted into it.
inserted: list[Message] | None = None

#: The conversation as the bot sees it.
messages: list[Message] = []


def prepare(query: Query, inserts_attachments: bool) -> Query:
    """Inserts the text of attached files, where the bot wants that, and remembers it."""
    global inserted, messages
    inserted = None
    if inserts_attachments and any(one.parsed_content for one in query.attachments):
        whole = prompt.insert_attachments(query.messages)
        if len(whole) != len(query.messages):
            inserted = list(whole)
            query = replace(query, messages=whole)
    messages = list(query.messages)
    return query
