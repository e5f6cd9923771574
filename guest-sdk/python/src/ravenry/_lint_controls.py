"""The linter for parameter controls: the documented shape, version 2, and what neither the
platform's checker nor its documentation forgives (its pages of 2026, reference library 0.0.83).

Sections hold controls or tabs, tabs hold controls, a condition holds controls but no further
condition: each level is one function, nothing calls itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ._named import kind
from ._text import is_list, is_object

#: Most sentences of one lint; a last one says that there are more.
_SENTENCES_MAX = 50

#: Most characters of a text that is not ours which a sentence repeats.
_SHOWN_MAX = 40

#: How a condition may compare. The documentation says `equals`, the checker refuses it.
_COMPARATORS = ("eq", "ne", "gt", "ge", "lt", "le")

_NAME = re.compile(r"[A-Za-z0-9_]+")

Members = Mapping[str, Any]

#: A member's name, what its value must be, and whether it must be there.
_Shape = tuple[tuple[str, str, bool], ...]

_TEXT, _FLAG, _NUMBER = "a string", "a boolean", "a number"
_LIST, _OBJECT = "an array", "an object"

_CONTROL_BASE: _Shape = (
    ("control", _TEXT, True),
    ("label", _TEXT, True),
    ("description", _TEXT, False),
    ("parameter_name", _TEXT, True),
)
_TOP: _Shape = (("api_version", _TEXT, True), ("sections", _LIST, True))
_SECTION: _Shape = (
    ("name", _TEXT, False),
    ("controls", _LIST, False),
    ("tabs", _LIST, False),
    ("collapsed_by_default", _FLAG, False),
)
_TAB: _Shape = (("name", _TEXT, True), ("controls", _LIST, True))
_DIVIDER: _Shape = (("control", _TEXT, True),)
_TEXTS: _Shape = (
    *_CONTROL_BASE,
    ("default_value", _TEXT, False),
    ("placeholder", _TEXT, False),
)
_CHOICE: _Shape = (*_CONTROL_BASE, ("default_value", _TEXT, False), ("options", _LIST, True))
_TOGGLE: _Shape = (*_CONTROL_BASE, ("default_value", _FLAG, False))
_SLIDER: _Shape = (
    *_CONTROL_BASE,
    ("default_value", _NUMBER, False),
    ("min_value", _NUMBER, True),
    ("max_value", _NUMBER, True),
    ("step", _NUMBER, True),
)
_CONDITION: _Shape = (
    ("control", _TEXT, True),
    ("condition", _OBJECT, True),
    ("controls", _LIST, True),
)
_COMPARISON: _Shape = (
    ("comparator", _TEXT, True),
    ("left", _OBJECT, True),
    ("right", _OBJECT, True),
)
_OPTION: _Shape = (("value", _TEXT, True), ("name", _TEXT, True))
_RATIO: _Shape = (("value", _TEXT, False), ("width", _NUMBER, True), ("height", _NUMBER, True))

_SHAPES = {
    "divider": _DIVIDER,
    "text_field": _TEXTS,
    "text_area": _TEXTS,
    "drop_down": _CHOICE,
    "aspect_ratio": _CHOICE,
    "toggle_switch": _TOGGLE,
    "slider": _SLIDER,
}


class Lints:
    """Sentences up to a bound, so that no bot can fill a log with its settings."""

    def __init__(self) -> None:
        self._sentences: list[str] = []
        self._has_more = False

    def say(self, sentence: str) -> None:
        """Adds a sentence, if there is room for it."""
        if len(self._sentences) < _SENTENCES_MAX:
            self._sentences.append(sentence)
        else:
            self._has_more = True

    def sentences(self) -> list[str]:
        """All of them, and one more where there was no room."""
        return [*self._sentences, *(["There are more mistakes."] if self._has_more else [])]


def shown(text: str) -> str:
    """A text that is not ours as a sentence repeats it: cut, and on one line."""
    kept = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text[:_SHOWN_MAX]
    )
    return f"{kept}..." if len(text) > _SHOWN_MAX else kept


def lint(controls: Any, lints: Lints) -> None:
    """Says each mistake in the controls."""
    linter = _Linter(lints)
    linter.top(controls, "parameter_controls")
    linter.names_in_conditions()


class _Linter:
    def __init__(self, lints: Lints) -> None:
        self._lints = lints
        # Each parameter's default, by the first control that sets it.
        self._defaults: dict[str, Any] = {}
        # Parameters that conditions name, each with the place.
        self._named: list[tuple[str, str]] = []

    def say(self, path: str, what: str) -> None:
        self._lints.say(f"`{path}` {what}.")

    def top(self, value: Any, path: str) -> None:
        members = self._members(value, path, _TOP)
        if members is None:
            return
        version = members.get("api_version")
        if isinstance(version, str) and version != "2":
            self.say(f"{path}.api_version", 'is not "2", the only version that there is')
        self._each(members, "sections", path, self._section)

    def _section(self, value: Any, path: str) -> None:
        members = self._members(value, path, _SECTION)
        if members is None:
            return
        has = [members.get(name) is not None for name in ("controls", "tabs")]
        if not any(has):
            self.say(path, "has neither `controls` nor `tabs`")
        elif all(has):
            self.say(path, "has both `controls` and `tabs`")
        self._each(members, "controls", path, self._control)
        self._each(members, "tabs", path, self._tab)

    def _tab(self, value: Any, path: str) -> None:
        members = self._members(value, path, _TAB)
        if members is not None:
            self._each(members, "controls", path, self._control)

    def _control(self, value: Any, path: str) -> None:
        if _word(value) != "condition":
            self._base_control(value, path)
            return
        members = self._members(value, path, _CONDITION)
        if members is None:
            return
        if is_object(members.get("condition")):
            self._comparison(members["condition"], f"{path}.condition")
        self._each(members, "controls", path, self._base_control)

    def _base_control(self, value: Any, path: str) -> None:
        control = _word(value)
        if control is None:
            self._members(value, path, _DIVIDER)
            return
        if control == "condition":
            self.say(path, "is a condition within a condition")
            return
        if control not in _SHAPES:
            self.say(path, f"is of the unknown kind `{shown(control)}`")
            return
        members = self._members(value, path, _SHAPES[control])
        if members is None:
            return
        self._parameter(members, path)
        if control in ("drop_down", "aspect_ratio"):
            self._choice(members, path, _OPTION if control == "drop_down" else _RATIO)
        elif control == "slider":
            self._slider(members, path)

    def _parameter(self, members: Members, path: str) -> None:
        name = members.get("parameter_name")
        if not isinstance(name, str):
            return
        path = f"{path}.parameter_name"
        if not _NAME.fullmatch(name):
            self.say(path, "should consist of letters, digits and `_`")
        if name.startswith("poe_"):
            self.say(path, "starts with `poe_`, which belongs to the platform")
        default = members.get("default_value")
        first = self._defaults.setdefault(name, default)
        if first != default or type(first) is not type(default):
            self.say(path, "stands for a control with another default, too")

    def _choice(self, members: Members, path: str, shape: _Shape) -> None:
        def option(value: Any, path: str) -> None:
            found = self._members(value, path, shape)
            for side in ("width", "height"):
                length = None if found is None else _number(found, side)
                if length is not None and length <= 0:
                    self.say(f"{path}.{side}", "is not above 0")

        self._each(members, "options", path, option)
        default, options = members.get("default_value"), members.get("options")
        if isinstance(default, str) and is_list(options):
            if not any(is_object(one) and _names(one, default) for one in options):
                self.say(f"{path}.default_value", "is not the value of an option")

    def _slider(self, members: Members, path: str) -> None:
        step = _number(members, "step")
        if step is not None and step <= 0:
            self.say(f"{path}.step", "is not above 0")
        least, most = _number(members, "min_value"), _number(members, "max_value")
        if least is None or most is None:
            return
        default = _number(members, "default_value")
        if least > most:
            self.say(f"{path}.min_value", "is above `max_value`")
        elif default is not None and not least <= default <= most:
            self.say(f"{path}.default_value", "is not between `min_value` and `max_value`")

    def _comparison(self, value: Any, path: str) -> None:
        members = self._members(value, path, _COMPARISON)
        if members is None:
            return
        comparator = members.get("comparator")
        if isinstance(comparator, str) and comparator not in _COMPARATORS:
            self.say(f"{path}.comparator", "is not one of `eq`, `ne`, `gt`, `ge`, `lt`, `le`")
        for side in ("left", "right"):
            if is_object(members.get(side)):
                self._operand(members[side], f"{path}.{side}")

    def _operand(self, operand: Members, path: str) -> None:
        name, value = next(iter(operand.items()), (None, None))
        if len(operand) == 1 and name == "literal":
            if not isinstance(value, (str, int, float)):
                self.say(f"{path}.literal", "should be a string, a number or a boolean")
        elif len(operand) == 1 and name == "parameter_name" and isinstance(value, str):
            self._named.append((path, value))
        else:
            self.say(
                path, "should have one member: `literal`, or `parameter_name` with a string"
            )

    def names_in_conditions(self) -> None:
        for path, name in self._named:
            if name not in self._defaults:
                self.say(path, f"names the parameter `{shown(name)}`, which no control sets")

    def _each(
        self, members: Members, name: str, path: str, visit: Callable[[Any, str], None]
    ) -> None:
        """Visits the items of a list; one without items is a mistake everywhere."""
        items = members.get(name)
        if not is_list(items):
            return
        if not items:
            self.say(f"{path}.{name}", "is empty")
        for index, item in enumerate(items):
            visit(item, f"{path}.{name}[{index}]")

    def _members(self, value: Any, path: str, shape: _Shape) -> Members | None:
        """The members of an object, after a look at their names and kinds."""
        if not is_object(value):
            self.say(path, f"should be an object, but is {kind(value)}")
            return None
        members = value
        known = {name for name, _, _ in shape}
        for name in members:
            if name not in known:
                self.say(f"{path}.{shown(name)}", "is not known to the platform")
        for name, expected, is_required in shape:
            found = members.get(name)
            if found is None:
                if is_required:
                    self.say(f"{path}.{name}", "is missing")
            elif kind(found) != expected:
                self.say(f"{path}.{name}", f"should be {expected}, but is {kind(found)}")
        return members


def _word(value: Any) -> str | None:
    """What kind of control a value is, where it says so."""
    word = value.get("control") if is_object(value) else None
    return word if isinstance(word, str) else None


def _number(members: Members, name: str) -> float | None:
    value = members.get(name)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _names(option: Members, default: str) -> bool:
    """Whether a default chooses this option: by its value or, for ratios without one, by `W:H`."""
    value = option.get("value")
    if isinstance(value, str):
        return value == default
    width, height = option.get("width"), option.get("height")
    return width is not None and height is not None and f"{width}:{height}" == default
