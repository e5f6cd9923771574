"""Whole numbers beyond 64 bits, which the JSON texts of a query have rounded.

The gateway reads them as numbers with a decimal point, `1.8446744073709552e+19`. The request itself
has them as they were sent: it is read once more where one of them may be there, which is rare.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ._text import is_list, is_object, maybe_loads
from .query import Message, Query

#: How the gateway writes what is 2^64 or more. Texts may hold the same by accident.
_LONG = re.compile(r"\de\+?[12]?\d\d")

#: Members of a request that a query has as they are.
_MEMBERS = ("tools", "tool_calls", "tool_results", "extra_params")

#: Messages of other roles are left out of a query.
_ROLES = frozenset(("system", "user", "bot", "tool"))


def may_be_in(text: str | None) -> bool:
    """Whether a JSON text may hold a number that was rounded."""
    return text is not None and _LONG.search(text) is not None


def restore_in_query(query: Query, raw: Callable[[], str]) -> None:
    """Gives a query the numbers that the request has."""
    body = maybe_loads(raw())
    if not is_object(body):
        return
    for name in _MEMBERS:
        setattr(query, name, restored(getattr(query, name), body.get(name)))
    sent = body.get("query")
    if not is_list(sent):
        return
    same = [message for message in sent if is_object(message) and message.get("role") in _ROLES]
    if len(same) == len(query.messages):
        for message, its in zip(query.messages, same, strict=True):
            _restore_in_message(message, its)


def _restore_in_message(message: Message | None, sent: Any) -> None:
    # Each message quotes one that has come before, so this comes to an end.
    while message is not None and is_object(sent):
        message.parameters = restored(message.parameters, sent.get("parameters"))
        message, sent = message.referenced_message, sent.get("referenced_message")


def restored(value: Any, sent: Any) -> Any:
    """A value with the whole numbers that are in the place of its own in what was sent."""
    if isinstance(value, float):
        return sent if _is_rounded(value, sent) else value
    if is_object(value) and is_object(sent):
        return {name: restored(member, sent.get(name)) for name, member in value.items()}
    if is_list(value) and is_list(sent) and len(value) == len(sent):
        return [restored(one, other) for one, other in zip(value, sent, strict=True)]
    return value


def _is_rounded(value: float, sent: Any) -> bool:
    """Whether this number was sent as that one: whole, or the text of one that is too long to be read."""
    try:
        return isinstance(sent, (int, str)) and float(sent) == value
    except (OverflowError, ValueError):
        return False
