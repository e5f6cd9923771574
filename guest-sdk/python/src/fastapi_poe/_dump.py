"""Turns models into dicts and JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Set
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

if TYPE_CHECKING:
    from ._model import Model

# Which members are meant: their names, or a dict from names to what is meant within them.
Spec = Set[Any] | Mapping[Any, Any] | None


def dump(
    model: Model,
    include: Spec,
    exclude: Spec,
    mode: str,
    by_alias: bool,
    exclude_unset: bool,
    exclude_defaults: bool,
    exclude_none: bool,
) -> dict[str, Any]:
    """The members of a model as a dict."""
    options = (mode, by_alias, exclude_unset, exclude_defaults, exclude_none)
    given = model.model_fields_set
    out: dict[str, Any] = {}
    for name, value in model:
        if include is not None and name not in include:
            continue
        inner_exclude = _within(exclude, name)
        if inner_exclude is True:
            continue
        info = model.model_fields[name]
        if exclude_unset and name not in given:
            continue
        if exclude_none and value is None:
            continue
        if exclude_defaults and not info.is_required() and value == _default(info):
            continue
        inner_include = _within(include, name)
        key = info.alias if by_alias and info.alias else name
        out[key] = _value(value, _spec(inner_include), _spec(inner_exclude), *options)
    return out


def _default(info: Any) -> Any:
    return info.default_factory() if info.default_factory is not None else info.default


def _within(spec: Spec, key: Any) -> Any:
    """What is meant within a member: `True` for all of it."""
    if spec is None:
        return None
    if isinstance(spec, Mapping):
        inner = spec.get(key, spec.get("__all__"))
        return True if inner is ... else inner
    return True if key in spec or "__all__" in spec else None


def _spec(inner: Any) -> Spec:
    return cast(Spec, inner) if isinstance(inner, (Set, Mapping)) else None


def _value(value: object, include: Spec, exclude: Spec, *options: Any) -> Any:
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if hasattr(kind, "__planned__"):
        return dump(cast("Model", value), include, exclude, *options)
    strict = options[0] == "json"
    if isinstance(value, dict):
        return {
            _key(key, strict): _value(
                item, _spec(_within(include, key)), _spec(_within(exclude, key)), *options
            )
            for key, item in cast("dict[object, Any]", value).items()
            if (include is None or key in include) and _within(exclude, key) is not True
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [
            _value(item, _spec(_within(include, i)), _spec(_within(exclude, i)), *options)
            for i, item in enumerate(cast("list[object]", value))
            if (include is None or _within(include, i) is not None)
            and _within(exclude, i) is not True
        ]
        if strict or kind not in (tuple, set, frozenset):
            return items
        return cast("Callable[[list[Any]], object]", kind)(items)
    return _scalar(value) if strict else value


def _key(key: Any, strict: bool) -> Any:
    return key if isinstance(key, str) or not strict else str(_scalar(key))


def _scalar(value: Any) -> Any:
    """A value of JSON's own types for one of Python's."""
    if isinstance(value, (bool, int)) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Enum):
        return _scalar(value.value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (bytes, bytearray)):
        return value.decode()
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (Decimal, UUID, PurePath)):
        return str(value)
    raise ValueError(f"there is no JSON for a {type(value).__name__}")


def to_json(value: Any, indent: int | None) -> str:
    """JSON in which nothing is escaped that need not be, and without spaces unless indented."""
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
