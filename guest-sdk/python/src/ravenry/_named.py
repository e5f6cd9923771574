"""Events by their name on the wire, checked as the gateway checks them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ._text import dumps, object_of
from .events import Data, Error, Event, File, Json, Meta, Other, Replace, Suggest, Text
from .failure import Failure

#: Longest JSON object of one event, in bytes.
OBJECT_BYTES_MAX = 256 * 1024

#: Longest name of an event.
_NAME_MAX = 64

_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")

#: Names that only the gateway may use.
_RESERVED = ("done", "ping")

#: Numbers that an index may have: 32 bits.
_INDEX_MAX = 2**32 - 1


def tolerant(name: str, data: str) -> Event:
    """The event that another bot said; one that makes no sense stays as it was said."""
    members = object_of(data)
    try:
        return known(name, members)
    except ValueError:
        return Other(name, members)


def checked(name: str, value: Any) -> Event:
    """The event that a bot says by its name; `ValueError` where it makes no sense."""
    _check_name(name)
    return known(name, object_checked(value))


def object_checked(value: Any) -> dict[str, Any]:
    """The members of a JSON object that may be sent, as they arrive."""
    if not isinstance(value, Mapping):
        raise ValueError(f"the data should be a JSON object, but is {kind(value)}")
    text = dumps(cast("Mapping[str, Any]", value))
    size = len(text.encode())
    if size > OBJECT_BYTES_MAX:
        raise ValueError(f"the data has {size} bytes, and {OBJECT_BYTES_MAX} are the most")
    return object_of(text)


def index_checked(index: int | None) -> int | None:
    """The index, if it is one."""
    if index is not None and (isinstance(index, bool) or not 0 <= index <= _INDEX_MAX):
        raise ValueError(f"`index` should be a number from 0 to {_INDEX_MAX}, but is {index!r}")
    return index


def content_type_checked(content_type: str | None) -> str | None:
    """The content type of a `meta` event, if it is one of the two."""
    if content_type not in (None, "text/markdown", "text/plain"):
        raise ValueError(
            "the content type should be `text/markdown` or `text/plain`, but is"
            f" `{content_type:.40}`"
        )
    return content_type


def _check_name(name: str) -> None:
    if name in _RESERVED:
        raise ValueError(f"the event `{name}` belongs to the gateway")
    size = len(name.encode("utf-8", "surrogatepass"))
    if not 1 <= size <= _NAME_MAX:
        raise ValueError(
            f"the name of an event has 1 to {_NAME_MAX} characters, this one has {size} bytes"
        )
    if not _NAME_CHARACTERS.issuperset(name):
        raise ValueError(
            "the name of an event consists of `a` to `z`, `0` to `9` and `_`, unlike"
            f" `{name[:40]}`"
        )


def known(name: str, members: dict[str, Any]) -> Event:
    """The event that has a class of its own, else an `Other`.

    Members that the class does not have are left out, as the platform would ignore them. An `error`
    that does not say whether a retry may help allows one, as the platform reads it.
    """
    match name:
        case "text":
            return Text(_text(members, "text"), _index(members))
        case "replace_response":
            return Replace(_text(members, "text"), _index(members))
        case "suggested_reply":
            return Suggest(_text(members, "text"))
        case "data":
            return Data(_text(members, "metadata"))
        case "meta":
            return Meta(
                content_type_checked(_maybe_text(members, "content_type")),
                _flag(members, "suggested_replies"),
                _flag(members, "linkify"),
                _flag(members, "refetch_settings"),
            )
        case "file":
            return File(
                _text(members, "url"),
                _text(members, "content_type"),
                _text(members, "name"),
                _maybe_text(members, "inline_ref"),
            )
        case "json":
            return Json(members)
        case "error":
            retry = _flag(members, "allow_retry")
            failure = Failure(
                _maybe_text(members, "text"),
                allow_retry=retry is not False,
                error_type=_maybe_text(members, "error_type"),
            )
            return Error(failure)
        case _:
            return Other(name, members)


def _maybe_text(members: dict[str, Any], name: str) -> str | None:
    value = members.get(name)
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f"`{name}` should be a string, but is {kind(value)}")


def _text(members: dict[str, Any], name: str) -> str:
    text = _maybe_text(members, name)
    if text is None:
        raise ValueError(f"`{name}` should be a string, but is missing")
    return text


def _flag(members: dict[str, Any], name: str) -> bool | None:
    value = members.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise ValueError(f"`{name}` should be a boolean, but is {kind(value)}")


def _index(members: dict[str, Any]) -> int | None:
    value = members.get("index")
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return index_checked(value)
    raise ValueError(f"`index` should be a number, but is {kind(value)}")


def kind(value: object) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an object" if isinstance(value, Mapping) else "an array"
