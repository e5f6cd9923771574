"""What a bot asks of the platform while it answers: other bots, files, and money.

The gateway makes these calls with the bot's own access key, which the bot never sees.

    answer = poe.ask("Claude-3-Haiku", temperature=0)
    for event in answer:
        if isinstance(event, events.Text):
            reply.text(event.text.upper())

- `ask` asks another bot; its `Answer` is what comes back, event by event or all at once.
  `Answer.relay` hands it to the reader without passing through the bot.
- `merge` reads several answers as they come.
- `Reply.attach` and `Reply.attach_url` upload files; `Attachment.read` reads those of a person.
- `authorize` and `capture` charge the person.

All of it belongs to `respond`: in `settings` and the reports every function raises `PoeError`
(`denied`).

**Bounds.** A question may have 16 MiB. At most 8 answers can be open at once, across them at most
as many as the settings declare. A file may have 50 MB, a reply 20 files.

**Time.** Waiting costs no computing time. An upstream that sends nothing at all for 120 s counts as
broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any

from . import _backend, _current_query
from ._text import dumps
from .answer import Answer, Merged
from .failure import PoeError
from .query import Message

__all__ = ["Answer", "CostItem", "Merged", "PoeError", "ask", "authorize", "capture", "merge"]


def ask(
    bot: str,
    *,
    messages: Iterable[Message] | None = None,
    body: Mapping[str, Any] | None = None,
    **members: Any,
) -> Answer:
    """Asks another bot of the platform: the very same conversation, unless `messages` says
    otherwise.

    Returns at once; the answer tells how it went. `bot` is the name that the platform knows. It
    must be declared in `Settings.server_bot_dependencies` of this bot, with at least as many calls
    as one reply makes; each call of this function counts as one, whatever becomes of it.

    Who asks, the conversation and its hints are taken over from the query at hand. `members` are
    members of the protocol's query that are to differ: `temperature=0`, `stop_sequences=["\\n"]`,
    `skip_system_prompt=True`, `tools=[…]`; `body` is the same as one object. Their values are JSON.
    `version`, `type`, keys and the identifiers of message, user and conversation cannot be
    overridden.

    Until the first event has come, the gateway repeats a failed attempt once; later ones never.

    Raises `PoeError`: `denied` where the bot is not declared, or not often enough; `invalid` and
    `too-large` where the question is at fault.
    """
    asked: dict[str, Any] = {**(body or {}), **members}
    if messages is not None:
        asked["query"] = [message.to_json() for message in messages]
    elif "query" not in asked and _current_query.inserted is not None:
        asked["query"] = [message.to_json() for message in _current_query.inserted]
    return Answer(bot, _backend.current.ask(bot, dumps(asked)))


def merge(*answers: Answer) -> Merged:
    """Reads several answers as they come: pairs of the place of an answer here, and an event of it.

        for which, event in poe.merge(poe.ask("A"), poe.ask("B")):
            reply.text(f"{which}: {event}")
    """
    return Merged(answers)


#: Milli-cents in a US dollar.
_MILLI_CENTS_PER_USD = 100_000.0

#: Up to here every whole number is a number of its own in floating point: 2^53.
_EXACT_MAX = 2.0**53

#: The largest amount that there is: 2^64 - 1.
_AMOUNT_MAX = 2**64 - 1


@dataclass(frozen=True, slots=True, init=False)
class CostItem:
    """One position of a bill.

    The amount is in thousandths of a US cent: 100,000 make a dollar. A fraction is rounded up. An
    amount that is negative, infinite or not a number, or that has more than 64 bits, is refused
    with `PoeError` (`invalid`).
    """

    #: Thousandths of a US cent.
    usd_milli_cents: int
    #: What it is for, as the person reads it.
    description: str | None

    def __init__(self, usd_milli_cents: float, description: str | None = None) -> None:
        if not (isfinite(usd_milli_cents) and 0 <= usd_milli_cents <= _AMOUNT_MAX):
            raise PoeError(
                "invalid",
                f"a cost is a number of milli-cents of at least 0, not {usd_milli_cents}",
            )
        object.__setattr__(self, "usd_milli_cents", ceil(usd_milli_cents))
        object.__setattr__(self, "description", description)

    @classmethod
    def usd(cls, amount: float, description: str | None = None) -> CostItem:
        """This many US dollars, rounded up to the next thousandth of a cent.

        An amount that is a whole number of milli-cents but for the rounding of floating point is
        that number: `usd(0.07)` is 7,000, not 7,001. Amounts beyond ninety billion dollars are
        refused.
        """
        scaled = amount * _MILLI_CENTS_PER_USD
        if not 0.0 <= scaled <= _EXACT_MAX:
            raise PoeError(
                "invalid", f"a cost is a number of US dollars of at least 0, not {amount}"
            )
        nearest = round(scaled)
        # Four steps of floating point: what a product of two rounded numbers can be off, doubled.
        is_whole = abs(scaled - nearest) <= nearest * 4.0 * 2.0**-52
        return cls(nearest if is_whole else ceil(scaled), description)


def authorize(*items: CostItem) -> None:
    """Reserves an amount that this reply will cost the person.

    What was authorized and not captured when the reply ends is reported in the log of the gateway.
    The cost of bots that this one asks is not to be added: the platform charges it itself.

    Raises `PoeError`: `insufficient-fund` where the person cannot pay it, and uncaught, the
    platform says so; `denied` where the query cannot be charged.
    """
    _backend.current.authorize(_bill(items))


def capture(*items: CostItem) -> None:
    """Charges what the reply has really cost, at most what was authorized.

    Raises as `authorize` does. Never repeated by the gateway: after `broken`, it is unknown whether
    the person was charged.
    """
    _backend.current.capture(_bill(items))


def _bill(items: Iterable[CostItem]) -> list[tuple[int, str | None]]:
    return [(item.usd_milli_cents, item.description) for item in items]
