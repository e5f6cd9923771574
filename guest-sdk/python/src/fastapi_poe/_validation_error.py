"""Why a model cannot be made."""

from __future__ import annotations

from typing import Any

from ._convert import Place


class ValidationError(ValueError):
    """A model cannot be made of what was given. `errors` says what is wrong, and where."""

    def __init__(self, title: str, problems: list[tuple[Place, str, Any]]) -> None:
        self.title = title
        self._problems = problems
        count = len(problems)
        lines = [f"{count} validation error{'' if count == 1 else 's'} for {title}"]
        for place, words, found in problems:
            lines.append(".".join(map(str, place)) or "the value")
            kind = _kind_name(found)
            lines.append(f"  {words}, and is {_short(found)} ({kind})")
        super().__init__("\n".join(lines))

    def errors(self) -> list[dict[str, Any]]:
        """Each problem as a dict with `loc`, `msg` and `input`."""
        return [
            {"loc": place, "msg": words, "input": found} for place, words, found in self._problems
        ]

    def error_count(self) -> int:
        """How many problems there are."""
        return len(self._problems)


def _kind_name(value: object) -> str:
    return type(value).__name__


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
