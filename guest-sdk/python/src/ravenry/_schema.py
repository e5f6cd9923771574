"""The JSON schema of a function's parameters, from its annotations, and arguments read by it."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from ._text import is_list, is_object

_PLAIN: dict[Any, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}

#: A parameter in a docstring, as Google or Sphinx write it: `city: where` or `:param city: where`.
_DESCRIBED = re.compile(r"\s*(?::param\s+)?(?P<name>\w+)\s*(?:\([^)]*\))?\s*:\s*(?P<text>\S.*)")

#: What begins the parameters of a docstring.
_PARAMETERS = re.compile(r"\s*(?:Args|Arguments|Parameters)\s*:\s*|\s*:(?:param|return)\b.*")


class Signature:
    """What a function takes, as a model is told, and as the function is called."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._hints = get_type_hints(function, include_extras=True)
        self._parameters = inspect.signature(function).parameters
        #: What the function does: the first paragraph of its docstring.
        self.description, self._described = _docstring(function)
        properties: dict[str, Any] = {}
        required: list[str] = []
        for name, parameter in self._parameters.items():
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise TypeError(f"a tool has named parameters only, unlike `{parameter}`")
            properties[name] = self._property(name, parameter)
            if parameter.default is parameter.empty:
                required.append(name)
        #: The schema of all parameters.
        self.schema: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            self.schema["required"] = required

    def _property(self, name: str, parameter: inspect.Parameter) -> dict[str, Any]:
        try:
            schema = of(self._hints.get(name, str))
        except TypeError as error:
            raise TypeError(
                f"the parameter `{name}` cannot be described to a model ({error}): give the tool a"
                " schema with `Toolbox.add`"
            ) from None
        if name in self._described:
            schema.setdefault("description", self._described[name])
        if isinstance(parameter.default, (str, int, float, bool)):
            schema["default"] = parameter.default
        return schema

    def read(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments for a call; `ValueError` where they do not fit, in words for the model."""
        unknown = sorted(set(arguments) - set(self._parameters))
        if unknown:
            raise ValueError(f"there is no parameter {unknown[0]!r}")
        read: dict[str, Any] = {}
        for name, parameter in self._parameters.items():
            if name in arguments:
                read[name] = value_of(self._hints.get(name, str), arguments[name], name)
            elif parameter.default is parameter.empty:
                raise ValueError(f"the parameter {name!r} is missing")
        return read


def _docstring(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    text = inspect.getdoc(function) or ""
    description: list[str] = []
    described: dict[str, str] = {}
    is_about_parameters = False
    for line in text.splitlines():
        is_about_parameters = is_about_parameters or bool(_PARAMETERS.fullmatch(line))
        if is_about_parameters:
            if found := _DESCRIBED.fullmatch(line):
                described[found["name"]] = found["text"].strip()
        else:
            description.append(line)
    paragraph = "\n".join(description).strip().split("\n\n")[0]
    return " ".join(paragraph.split()), described


def of(annotation: Any) -> dict[str, Any]:
    """The schema of a type; `TypeError` where there is none."""
    if annotation is Any or annotation is inspect.Parameter.empty:
        return {}
    if annotation in (list, tuple):
        return {"type": "array"}
    if annotation is dict:
        return {"type": "object"}
    if annotation in _PLAIN:
        return {"type": _PLAIN[annotation]}
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        words = [word for word in inner[1:] if isinstance(word, str)]
        return {**of(inner[0]), **({"description": words[0]} if words else {})}
    if origin is Literal:
        return _literal(inner)
    if origin in (Union, types.UnionType):
        return _union([of(one) for one in inner])
    if origin is list:
        return {"type": "array", "items": of(inner[0])}
    if origin is dict and inner[0] is str:
        return {"type": "object", "additionalProperties": of(inner[1])}
    raise TypeError(f"of the type {annotation!r}")


def _literal(values: tuple[Any, ...]) -> dict[str, Any]:
    kinds = {_PLAIN.get(type(value)) for value in values}
    enum = list(values)
    return {"type": kinds.pop(), "enum": enum} if len(kinds) == 1 else {"enum": enum}


def _union(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    if all(set(schema) == {"type"} for schema in schemas):
        return {"type": [schema["type"] for schema in schemas]}
    return {"anyOf": schemas}


def value_of(annotation: Any, value: Any, place: str) -> Any:
    """A JSON value as this type; `ValueError` where it is none."""
    if annotation is Any or annotation is inspect.Parameter.empty:
        return value
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return value_of(inner[0], value, place)
    if origin is Literal:
        if not any(value == one and type(value) is type(one) for one in inner):
            raise ValueError(f"{place!r} should be one of {list(inner)}, not {value!r:.100}")
        return value
    if origin in (Union, types.UnionType):
        for one in inner:
            try:
                return value_of(one, value, place)
            except ValueError:
                pass
        raise ValueError(f"{place!r} does not fit: {value!r:.100}")
    if (annotation is list or origin is list) and is_list(value):
        item = inner[0] if inner else Any
        return [value_of(item, one, f"{place}[{at}]") for at, one in enumerate(value)]
    if (annotation is dict or origin is dict) and is_object(value):
        member = inner[1] if inner else Any
        return {key: value_of(member, one, f"{place}.{key}") for key, one in value.items()}
    return _plain(annotation, value, place)


def _plain(annotation: Any, value: Any, place: str) -> Any:
    is_flag = isinstance(value, bool)
    if annotation is float and isinstance(value, (int, float)) and not is_flag:
        return float(value)
    # Models write whole numbers as `3.0`, too.
    if annotation is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if annotation in _PLAIN and isinstance(value, annotation) and is_flag == (annotation is bool):
        return value
    if annotation is tuple and is_list(value):
        return tuple(value)
    words = _PLAIN.get(annotation) or ("object" if get_origin(annotation) is dict else "array")
    raise ValueError(f"{place!r} should be of the type {words}, not {value!r:.100}")
