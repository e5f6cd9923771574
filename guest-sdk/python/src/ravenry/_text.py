"""Texts and JSON as the gateway takes them: UTF-8, and numbers that fit.

Text in Python can hold half a surrogate pair, from `json.loads` or from a cut between two UTF-16
units. The gateway takes none, so everything passes through here on its way out.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeGuard

#: Whole numbers that JSON may hold on the wire; others become text, so that they keep their value.
_WHOLE_MIN, _WHOLE_MAX = -(2**63), 2**64 - 1

#: Digits of a number that may be too large: 2^63 has 19.
_LONG = re.compile(r"[0-9]{19}")


def whole(text: str) -> str:
    """The same text; halves of a character are joined, or become U+FFFD.

    `TypeError` where it is no text.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    except AttributeError:
        raise TypeError(f"a text is a `str`, not {text!r:.200}") from None
    return text


# A codec is a module, and has to be there before a component is built.
whole("\ud800")


def maybe_whole(text: str | None) -> str | None:
    """The same for a text that may be left out."""
    return None if text is None else whole(text)


def _to_json(value: object) -> Any:
    """What `json` does not know: the classes of this package say themselves what they are."""
    to_json = getattr(value, "to_json", None)
    if to_json is None:
        raise TypeError(f"{type(value).__name__!r} is no JSON: {value!r:.200}")
    return to_json()


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_to_json
)
_LENIENT = json.JSONEncoder(default=_to_json)


def dumps(value: Any) -> str:
    """The JSON text of a value.

    What JSON cannot hold (not a number, infinite) becomes `null`, a whole number beyond 64 bits its
    text. Objects with a method `to_json` are written as what it returns.
    """
    try:
        text = _ENCODER.encode(value)
    except ValueError:
        text = _ENCODER.encode(_fitting(value))
    else:
        if _LONG.search(text):
            text = _ENCODER.encode(_fitting(value))
    return whole(text)


def _fitting(value: Any) -> Any:
    """The same value without numbers that the wire has no room for."""
    return json.loads(
        _LENIENT.encode(value), parse_int=_whole_number, parse_constant=lambda _: None
    )


def _whole_number(digits: str) -> int | str:
    # A number of thousands of digits is not even read: Python refuses it.
    if len(digits) > 20:
        return digits
    number = int(digits)
    return number if _WHOLE_MIN <= number <= _WHOLE_MAX else digits


def loads(text: str) -> Any:
    """The value of a JSON text. Whole numbers of any size keep their value; of more than 4,300
    digits, which Python refuses to read, they stay text.

    `ValueError` where it is no JSON.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return json.loads(text, parse_int=lambda digits: digits)


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


def maybe_loads(text: str | None) -> Any:
    """The value of a JSON text; `None` where there is none, or where it is no JSON.

    The gateway has checked every JSON text before it gets here. A bot should not fail over a field
    that it may never read.
    """
    if text is None:
        return None
    try:
        return loads(text)
    except (ValueError, RecursionError):
        return None


def object_of(text: str) -> dict[str, Any]:
    """The members of a JSON object; none where the text is no object."""
    if text == "{}":
        return {}
    value = maybe_loads(text)
    return value if is_object(value) else {}
