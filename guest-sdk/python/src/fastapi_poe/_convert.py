"""Converts values to the types that a model's fields declare.

Conversions are as lenient as bots are used to: the text "12" is a number where a number is wanted,
a dict becomes the model that a field names, a tuple becomes a list. What cannot be converted
raises `Mismatch`, with the place in the value and a sentence.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Annotated, Any, Literal, Union

Place = tuple[str | int, ...]
Convert = Callable[[Any], Any]

_TRUE = {"true", "t", "yes", "y", "on", "1"}
_FALSE = {"false", "f", "no", "n", "off", "0"}


class Mismatch(Exception):
    """A value does not fit: each problem is a place, a sentence, and the value found there."""

    def __init__(self, *problems: tuple[Place, str, Any]) -> None:
        super().__init__(*problems)
        self.problems = list(problems)

    def below(self, step: str | int) -> list[tuple[Place, str, Any]]:
        """The problems, seen from one step further up."""
        return [((step, *place), words, found) for place, words, found in self.problems]


class Before:
    """Metadata of an annotation: a function that looks at a value before it is converted.

    The function returns the value to convert, and raises `ValueError` with the sentence to show.
    """

    def __init__(self, function: Convert) -> None:
        self.function = function


def converter(annotation: Any) -> Convert:
    """The function that converts to this type."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if origin is Annotated:
        return _annotated(converter(arguments[0]), arguments[1:])
    if origin is Literal:
        return _one_of(arguments)
    if origin is Union or origin is types.UnionType:
        return _union(arguments)
    if origin is list:
        return _list(converter(arguments[0]))
    if origin is dict:
        return _dict(converter(arguments[0]), converter(arguments[1]))
    if isinstance(annotation, type):
        return getattr(annotation, "__convert__", None) or _instance(annotation)
    # Whatever else an author writes is for readers of the code.
    return _anything


def _anything(value: Any) -> Any:
    return value


def _bad(words: str, value: Any) -> Mismatch:
    return Mismatch(((), words, value))


def _str(value: Any) -> str:
    if type(value) is str:
        return value
    if isinstance(value, str):
        # Members of an enumeration too: their value.
        return str.__str__(value)
    if isinstance(value, (bytes, bytearray)):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise _bad("should be text, and these bytes are not UTF-8", value) from None
    raise _bad("should be text", value)


def _bool(value: Any) -> bool:
    if type(value) is bool:
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
    elif isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    raise _bad("should be true or false", value)


def _int(value: Any) -> int:
    if type(value) is int:
        return value
    if isinstance(value, int):
        return int(value)
    number: Any = value
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            # "1.0" is a whole number, and "1e3" is not meant as one.
            number = None if "e" in value.lower() else _parsed(value)
    if isinstance(number, float) or hasattr(number, "as_integer_ratio"):
        try:
            whole, parts = number.as_integer_ratio()
        except (OverflowError, ValueError):
            raise _bad("should be a finite number", value) from None
        if parts == 1:
            return int(whole)
        raise _bad("should be a whole number", value)
    raise _bad("should be a whole number", value)


def _float(value: Any) -> float:
    if type(value) is float:
        return value
    number: Any = _parsed(value) if isinstance(value, str) else value
    if isinstance(number, (int, float)) or hasattr(number, "as_integer_ratio"):
        try:
            return float(number)
        except OverflowError:
            raise _bad("should be a smaller number", value) from None
    raise _bad("should be a number", value)


def _parsed(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _none(value: Any) -> None:
    if value is not None:
        raise _bad("should be None", value)


def _one_of(values: tuple[Any, ...]) -> Convert:
    known = {value: value for value in values}
    words = "should be one of " + ", ".join(map(repr, values))

    def convert(value: Any) -> Any:
        plain = value.value if isinstance(value, Enum) else value
        try:
            found = known[plain]
        except (KeyError, TypeError):
            raise _bad(words, value) from None
        # True equals 1, and is something else.
        if isinstance(plain, bool) != isinstance(found, bool):
            raise _bad(words, value)
        return found

    return convert


def _list(item: Convert) -> Convert:
    def convert(value: Any) -> list[Any]:
        if isinstance(value, (str, bytes, bytearray, Mapping)) or not isinstance(value, Iterable):
            raise _bad("should be a list", value)
        items: list[Any] = []
        problems: list[tuple[Place, str, Any]] = []
        for index, element in enumerate(typing.cast("Iterable[object]", value)):
            try:
                items.append(item(element))
            except Mismatch as mismatch:
                problems += mismatch.below(index)
        if problems:
            raise Mismatch(*problems)
        return items

    return convert


def _dict(key: Convert, item: Convert) -> Convert:
    def convert(value: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise _bad("should be a dict", value)
        items: dict[Any, Any] = {}
        problems: list[tuple[Place, str, Any]] = []
        for name, element in typing.cast("Mapping[object, Any]", value).items():
            try:
                items[key(name)] = item(element)
            except Mismatch as mismatch:
                problems += mismatch.below(name if isinstance(name, (str, int)) else repr(name))
        if problems:
            raise Mismatch(*problems)
        return items

    return convert


def _instance(kind: type) -> Convert:
    def convert(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        raise _bad(f"should be a {kind.__name__}", value)

    return convert


def _annotated(convert: Convert, metadata: tuple[Any, ...]) -> Convert:
    first = [entry.function for entry in metadata if isinstance(entry, Before)]

    def prepared(value: Any) -> Any:
        try:
            for function in first:
                value = function(value)
        except ValueError as error:
            raise _bad(str(error), value) from None
        return convert(value)

    return prepared if first else convert


def _union(kinds: tuple[Any, ...]) -> Convert:
    """The member of a union that fits best: the value's own type, then the fullest, then the
    first."""
    exact = frozenset(kind for kind in kinds if isinstance(kind, type))
    members = [converter(kind) for kind in kinds if kind is not types.NoneType]
    optional = types.NoneType in kinds
    if optional and len(members) == 1:
        only = members[0]
        return lambda value: None if value is None else only(value)

    def convert(value: Any) -> Any:
        if type(value) in exact:
            return value
        if value is None and optional:
            return None
        best: Any = None
        fullest = -1
        problems: list[tuple[Place, str, Any]] = []
        for member in members:
            try:
                found = member(value)
            except Mismatch as mismatch:
                problems += mismatch.problems
                continue
            fill = len(getattr(found, "model_fields_set", ()))
            if fill > fullest:
                best, fullest = found, fill
        if fullest >= 0:
            return best
        raise _closest(kinds, value, problems)

    return convert


def _closest(
    kinds: tuple[Any, ...], value: Any, problems: list[tuple[Place, str, Any]]
) -> Mismatch:
    """What is wrong with a value that no member of a union takes, in few words."""
    names = ", ".join(getattr(kind, "__name__", str(kind)) for kind in kinds)
    if isinstance(value, Mapping):
        entry: Any = typing.cast("Mapping[object, Any]", value).get("control")
        for kind in kinds:
            control = getattr(kind, "model_fields", {}).get("control")
            if control is not None and entry is not None and control.default == entry:
                try:
                    converter(kind)(value)
                except Mismatch as mismatch:
                    return mismatch
    elif len(problems) <= 2:
        return Mismatch(*problems)
    return _bad(f"should be one of {names}", value)


_PLAIN: dict[Any, Convert] = {
    Any: _anything,
    object: _anything,
    str: _str,
    bool: _bool,
    int: _int,
    float: _float,
    None: _none,
    types.NoneType: _none,
    list: _list(_anything),
    dict: _dict(_anything, _anything),
}
