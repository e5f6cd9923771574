"""The base class of all types here: fields with defaults, converted when an object is made.

A model is made with keywords, converts what it is given (see `_convert`), and refuses what cannot
be converted with `ValidationError`. Assignments later on are not checked, as bots are used to, but
there are no other attributes than the fields. Members that a model does not have are ignored, or
refused where the class says `extra="forbid"`: in what bots write, they are typing errors.

Left out of what pydantic offers: validators, computed fields, JSON schemas, aliases for single
uses.
"""

from __future__ import annotations

import copy
import json
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Self, TypeAlias, dataclass_transform

from ._convert import Convert, Mismatch, Place, converter
from ._dump import Spec, dump, to_json
from ._validation_error import ValidationError

_REQUIRED: Any = object()

# `Model` has a method of the name `dict`.
Values: TypeAlias = dict[str, Any]


class FieldInfo:
    """One field of a model."""

    def __init__(
        self,
        default: Any = _REQUIRED,
        *,
        default_factory: Callable[[], Any] | None = None,
        alias: str | None = None,
    ) -> None:
        self.default = default
        self.default_factory = default_factory
        self.alias = alias
        self.annotation: Any = None

    def is_required(self) -> bool:
        """Whether there is no default."""
        return self.default is _REQUIRED and self.default_factory is None


def field(
    *,
    default: Any = _REQUIRED,
    default_factory: Callable[[], Any] | None = None,
    alias: str | None = None,
) -> Any:
    """A field whose default is made anew for each object, or which has another name in JSON."""
    return FieldInfo(default, default_factory=default_factory, alias=alias)


Fields: TypeAlias = dict[str, FieldInfo]


class _Plan:
    """What making an object of a class needs, worked out once."""

    def __init__(self, cls: type[Model]) -> None:
        hints = _hints(cls)
        self.fields: Fields = cls.__declared__
        self.convert: dict[str, Convert] = {}
        self.defaults: dict[str, Any] = {}
        self.factories: list[tuple[str, Callable[[], Any]]] = []
        self.required: list[str] = []
        self.aliases: dict[str, str] = {}
        for name, info in self.fields.items():
            info.annotation = hints.get(name, Any)
            self.convert[name] = converter(info.annotation)
            # Also where the value comes later: the order of the fields is that of the dict.
            self.defaults[name] = None
            if info.alias is not None:
                self.aliases[info.alias] = name
            if info.default_factory is not None:
                self.factories.append((name, info.default_factory))
            elif info.default is _REQUIRED:
                self.required.append(name)
            elif type(info.default) in (list, dict, set):
                self.factories.append((name, _copier(info.default)))
            else:
                self.defaults[name] = info.default


def _hints(cls: type) -> Values:
    """The types of a class's fields; what a name cannot be found for is not converted."""
    hints: Values = {}
    for owner in reversed(cls.__mro__[: cls.__mro__.index(Model)]):
        names = vars(sys.modules[owner.__module__])
        for name, annotation in _annotations(owner).items():
            try:
                hints[name] = eval(annotation, names) if isinstance(annotation, str) else annotation
            except (NameError, AttributeError, TypeError, SyntaxError):
                hints[name] = Any
    return hints


def _copier(value: object) -> Callable[[], Any]:
    return lambda: copy.deepcopy(value)


class _Fields:
    """`model_fields`, of a class and of an object."""

    def __get__(self, instance: object, owner: type[Model]) -> Fields:
        return owner.__planned__().fields


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
class Model:
    """Something with typed fields. See the module for what it converts and refuses."""

    __slots__ = ("__dict__", "__given__", "__weakref__")
    __declared__: ClassVar[Fields] = {}
    __plan__: ClassVar[_Plan | None] = None
    __extra__: ClassVar[str] = "ignore"
    __hash__: ClassVar[None]  # type: ignore[assignment]
    model_fields: ClassVar[_Fields] = _Fields()
    __fields__: ClassVar[_Fields] = _Fields()

    if typing.TYPE_CHECKING:
        __given__: set[str]

    def __init_subclass__(cls, *, extra: str | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        config: Any = cls.__dict__.get("model_config")
        if isinstance(config, Mapping):
            extra = extra or typing.cast("Mapping[str, Any]", config).get("extra")
        if extra is not None:
            cls.__extra__ = extra
        cls.__plan__ = None
        cls.__declared__ = dict(cls.__declared__)
        for name, annotation in _annotations(cls).items():
            if name.startswith("_") or name == "model_config" or "ClassVar" in str(annotation):
                continue
            value: Any = cls.__dict__.get(name, _REQUIRED)
            cls.__declared__[name] = value if isinstance(value, FieldInfo) else FieldInfo(value)
            if value is not _REQUIRED:
                # A field is an attribute of objects, not of the class.
                delattr(cls, name)

    @classmethod
    def __planned__(cls) -> _Plan:
        plan = cls.__plan__
        if plan is None:
            plan = cls.__plan__ = _Plan(cls)
        return plan

    @classmethod
    def __convert__(cls, value: Any) -> Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise Mismatch(((), f"should be a {cls.__name__} or a dict", value))
        made = cls.__new__(cls)
        made.__fill__(typing.cast("Mapping[str, Any]", value))
        return made

    def __init__(self, /, **data: Any) -> None:
        try:
            self.__fill__(data)
        except Mismatch as mismatch:
            raise ValidationError(type(self).__name__, mismatch.problems) from None

    def __fill__(self, data: Mapping[str, Any]) -> None:
        plan = self.__plan__ or self.__planned__()
        values = plan.defaults.copy()
        given: set[str] = set()
        problems: list[tuple[Place, str, Any]] = []
        for key, value in data.items():
            name = plan.aliases.get(key, key) if plan.aliases else key
            convert = plan.convert.get(name)
            if convert is None:
                if self.__extra__ == "forbid":
                    problems.append(((key,), "is not a member", value))
                continue
            try:
                values[name] = convert(value)
                given.add(name)
            except Mismatch as mismatch:
                problems += mismatch.below(key)
        for name, factory in plan.factories:
            if name not in given:
                values[name] = factory()
        for name in plan.required:
            if name not in given and not any(place[:1] == (name,) for place, _, _ in problems):
                problems.append(((name,), "is missing", dict(data)))
        if problems:
            raise Mismatch(*problems)
        object.__setattr__(self, "__dict__", values)
        object.__setattr__(self, "__given__", given)

    # Attributes.

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.__declared__:
            raise ValueError(f'"{type(self).__name__}" object has no field "{name}"')
        self.__dict__[name] = value
        self.__given__.add(name)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return ((name, getattr(self, name)) for name in self.__declared__ if hasattr(self, name))

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Model):
            return NotImplemented
        return dict(self) == dict(other)

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={value!r}" for name, value in self)
        return f"{type(self).__name__}({members})"

    def __str__(self) -> str:
        return " ".join(f"{name}={value!r}" for name, value in self)

    def __pretty__(self, fmt: Callable[[Any], Any], **_: Any) -> Iterator[Any]:
        """What the package devtools asks for: pieces of text, and numbers that indent."""
        yield type(self).__name__ + "("
        yield 1
        for name, value in self:
            yield name + "="
            yield fmt(value)
            yield ","
            yield 0
        yield -1
        yield ")"

    def __rich_repr__(self) -> Iterator[tuple[str, Any]]:
        """What the package rich asks for."""
        return iter(self)

    @property
    def model_fields_set(self) -> set[str]:
        """The names of the fields that were given, or assigned later."""
        return self.__given__

    # To dicts and JSON.

    def model_dump(
        self,
        *,
        mode: str = "python",
        include: Spec = None,
        exclude: Spec = None,
        by_alias: bool = False,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        **_: Any,
    ) -> Values:
        """The fields as a dict, and so are models within. `mode="json"` leaves only JSON's
        types."""
        options = (mode, by_alias, exclude_unset, exclude_defaults, exclude_none)
        return dump(self, include, exclude, *options)

    def dict(self, **options: Any) -> Values:
        """The older name of `model_dump`."""
        return self.model_dump(**options)

    def model_dump_json(self, *, indent: int | None = None, **options: Any) -> str:
        """The fields as JSON."""
        options["mode"] = "json"
        return to_json(self.model_dump(**options), indent)

    def json(self, **options: Any) -> str:
        """The older name of `model_dump_json`."""
        return self.model_dump_json(**options)

    # Copies.

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy in which these fields differ. What is given here is not converted."""
        made = copy.deepcopy(self) if deep else copy.copy(self)
        if update:
            made.__dict__.update(update)
            made.__given__.update(update)
        return made

    def copy(
        self,
        *,
        include: Any = None,
        exclude: Any = None,
        update: Mapping[str, Any] | None = None,
        deep: bool = False,
    ) -> Self:
        """The older `model_copy`, which can leave fields out."""
        made = self.model_copy(update=update, deep=deep)
        for name in [name for name, _ in self if name not in (update or {})]:
            if (exclude and name in exclude) or (include is not None and name not in include):
                made.__dict__.pop(name, None)
                made.__given__.discard(name)
        return made

    def __copy__(self) -> Self:
        made = type(self).__new__(type(self))
        self.__hand__(made, dict(self.__dict__))
        return made

    def __deepcopy__(self, memo: Any = None) -> Self:
        made = type(self).__new__(type(self))
        self.__hand__(made, copy.deepcopy(self.__dict__, memo))
        return made

    def __hand__(self, made: Model, values: Mapping[str, Any]) -> None:
        """Gives a copy its values, and what else an object has."""
        object.__setattr__(made, "__dict__", values)
        object.__setattr__(made, "__given__", set(self.__given__))

    def __getstate__(self) -> object:
        return {"values": dict(self), "given": self.__given__}

    def __setstate__(self, state: Any) -> None:
        object.__setattr__(self, "__dict__", state["values"])
        object.__setattr__(self, "__given__", state["given"])

    # Other ways to make one.

    @classmethod
    def model_validate(cls, value: Any, **_: Any) -> Self:
        """An object from a dict; an object of this class is returned as it is."""
        try:
            return typing.cast(Self, cls.__convert__(value))
        except Mismatch as mismatch:
            raise ValidationError(cls.__name__, mismatch.problems) from None

    @classmethod
    def parse_obj(cls, value: Any) -> Self:
        """The older name of `model_validate`."""
        return cls.model_validate(value)

    @classmethod
    def model_validate_json(cls, text: str | bytes | bytearray, **_: Any) -> Self:
        """An object from JSON."""
        try:
            value = json.loads(text)
        except ValueError as error:
            raise ValidationError(cls.__name__, [((), f"should be JSON ({error})", text)]) from None
        return cls.model_validate(value)

    @classmethod
    def parse_raw(cls, text: str | bytes | bytearray) -> Self:
        """The older name of `model_validate_json`."""
        return cls.model_validate_json(text)

    @classmethod
    def model_construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Self:
        """An object of values that are trusted: nothing is converted, nothing is refused."""
        plan = cls.__planned__()
        made = cls.__new__(cls)
        members = plan.defaults | values
        for name, factory in plan.factories:
            if name not in values:
                members[name] = factory()
        for name in plan.required:
            if name not in values:
                del members[name]
        object.__setattr__(made, "__dict__", members)
        object.__setattr__(made, "__given__", set(values if _fields_set is None else _fields_set))
        return made

    @classmethod
    def construct(cls, **values: Any) -> Self:
        """The older name of `model_construct`."""
        return cls.model_construct(**values)


def _annotations(cls: type) -> dict[str, Any]:
    """The annotations that a class itself has, unread: some name what does not exist yet."""
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    return typing.cast("dict[str, Any]", cls.__dict__.get("__annotations__", {}))
