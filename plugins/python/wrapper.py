"""Shows how to bring a language model from outside to the platform: an HTTP API with a secret key,
streamed as it comes. The bot of plugins/wrapper, event for event.
"""

import os
from collections.abc import Iterator
from dataclasses import replace

from ravenry import Bot, Failure, HttpError, Message, Query, Reply, http, prompt

#: How much of a conversation is sent: the last messages, and of each the first characters. Whoever
#: pays for the key decides.
MESSAGES_MAX = 5
CHARACTERS_MAX = 50

#: Most tokens of an answer.
TOKENS_MAX = 50

#: Longest silence of the model, in seconds.
SILENCE_MAX = http.Timeouts(first_byte=60, between_bytes=60)


class Wrapper(Bot):
    """A language model behind an API in the manner of OpenAI's."""

    def __init__(self) -> None:
        # The manifest may name another place and another model.
        self.base_url = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1").rstrip("/")
        self.model = os.environ.get("OPENAI_MODEL", "gpt-4o-mini")
        # In the gateway, the placeholder of a secret.
        self.key = os.environ.get("OPENAI_API_KEY")

    def respond(self, query: Query, reply: Reply) -> Iterator[str]:
        if self.key is None:
            raise Failure(
                "This bot has no key for its language model: whoever runs the server must set"
                " OPENAI_API_KEY.",
                allow_retry=False,
            )
        with self.ask(self.key, prompt.last(query.messages, MESSAGES_MAX)) as response:
            yield from words(response.raise_for_status())

    def ask(self, key: str, messages: list[Message]) -> http.Response:
        """Asks the model: its answer has begun."""
        short = [replace(one, content=one.content[:CHARACTERS_MAX]) for one in messages]
        return http.post(
            f"{self.base_url}/chat/completions",
            headers={"authorization": f"Bearer {key}"},
            json={
                "model": self.model,
                "messages": prompt.role_content(short),
                "temperature": 1.0,
                "max_tokens": TOKENS_MAX,
                "stream": True,
            },
            timeout=SILENCE_MAX,
        )


def words(response: http.Response) -> Iterator[str]:
    """The model's words, each as it comes."""
    for event in response.events():
        if event.is_done:
            return
        chunk = event.json()
        match chunk:
            case {"error": error}:
                raise HttpError("broken", f"the model gave up: {error}")
            case {"choices": [{"delta": {"content": str(text)}}, *_]}:
                yield text
            case _:
                pass
        match chunk:
            # Not every server says `[DONE]`. An empty reason is none.
            case {"choices": [{"finish_reason": str(reason)}, *_]} if reason:
                return
            case _:
                pass
    # A whole answer says that it is whole; a page in HTML, for one, does not.
    raise HttpError("malformed", "the answer has neither a `finish_reason` nor `[DONE]`")
