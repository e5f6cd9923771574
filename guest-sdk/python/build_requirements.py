"""The lines of requirements.txt: which of them are installed, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

OURS = frozenset({"fastapi-poe", "modal", "openai", "ravenry"})
"""Packages that are in every component: their requirements are passed over."""

BEHIND = frozenset(
    "aiohttp cbor2 fastapi grpclib jiter protobuf pydantic pydantic-core sse-starlette starlette"
    " synchronicity typer uvicorn watchfiles".split()
)
"""What those need where they run on a server. A list of all that is installed there names them too:
they are passed over with what needs them, because they are native or serve HTTP."""


class Problem(Exception):
    """What went wrong, as the author reads it."""


class Line(str):
    """One requirement, which knows where its author has written it."""

    file: Path
    number: int

    @classmethod
    def of(cls, text: str, file: Path, number: int) -> Line:
        """A line of a file."""
        line = cls(text)
        line.file, line.number = file, number
        return line

    @property
    def place(self) -> str:
        """The file as it is seen from where the build was called, and the line."""
        here = Path.cwd()
        near = self.file.is_relative_to(here)
        return f"{self.file.relative_to(here) if near else self.file}:{self.number}"


def wanted(requirements: Path, say: Callable[[str], None]) -> list[str]:
    """The lines of a file of requirements, but for what Ravenry brings."""
    try:
        lines = logical_lines(requirements)
    except UnicodeDecodeError:
        raise Problem(f"{requirements} is not text in UTF-8") from None
    return lacking([bound(line) for line in lines], say)


def bound(line: Line) -> Line:
    """The same line, read from elsewhere: what it names beside its file has its whole path."""
    option = re.match(r"(?:-c|--constraint)[\s=]*(\S+)$", line)
    if not option or "://" in option[1]:
        return line
    named = line.file.parent / option[1]
    if not named.is_file():
        raise Problem(f"{line.place}: `{line}` names a file that is not there")
    return Line.of(f"--constraint={named}", line.file, line.number)


def lacking(lines: Sequence[str], say: Callable[[str], None]) -> list[str]:
    """Requirements, but for what Ravenry brings."""
    names = {normal(line) for line in lines if not line.startswith("-")}
    left_out = names & OURS
    if left_out:
        left_out |= names & BEHIND
        say(f"comes with Ravenry, not installed: {', '.join(sorted(left_out))}")
    return [line for line in lines if line.startswith("-") or normal(line) not in left_out]


def logical_lines(requirements: Path) -> list[Line]:
    """Lines without comments, those that go on joined, other files put in where they are named."""
    lines: list[Line] = []
    begun: list[str] = []
    parts = requirements.read_text(encoding="utf-8-sig").splitlines()
    for number, part in enumerate(parts, 1):
        begun.append(part.removesuffix("\\"))
        if part.endswith("\\") and number < len(parts):
            continue
        line = re.sub(r"(^|\s)#.*$", "", " ".join(begun)).strip()
        first = number - len(begun) + 1
        begun.clear()
        other = re.match(r"(?:-r|--requirement)[\s=]+(\S+)$", line)
        if other:
            named = requirements.parent / other[1]
            if not named.is_file():
                place = Line.of(line, requirements, first).place
                raise Problem(f"{place}: `{line}` names a file that is not there")
            lines += logical_lines(named)
        elif line:
            lines.append(Line.of(line, requirements, first))
    return lines


def normal(requirement: str) -> str:
    """The name of a package as it is compared, out of a requirement such as `Foo_bar[x]>=1`."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", name[0]).lower().strip("-") if name else ""


_FROM = re.compile(
    r"\s*\(from (?:line (\d+) of [^()]*?requirements\.txt|-r [^()]*?requirements\.txt \(line (\d+)\))\)"
)
"""How pip says where a requirement stands: in our copy of the lines."""

_ABOUT = re.compile(r"(?:satisfies the requirement|Invalid requirement:|Invalid marker:) +(.+)")
"""How pip says which requirement it is about, where it does not say where that stands."""


def placed(sentence: str, output: str, lines: Sequence[str]) -> str:
    """A refusal, with the place of the line in front that pip's output is about, if it is one."""
    sentence = _FROM.sub("", sentence)
    place = _place(output, lines)
    return f"{place}: {sentence}" if place else sentence


def _place(output: str, lines: Sequence[str]) -> str:
    for found in _FROM.finditer(output):
        number = int(found[1] or found[2])
        if 0 < number <= len(lines):
            return at(lines[number - 1])
    for about in _ABOUT.findall(output):
        for is_it in (_is_whole, _is_named, _needs):
            for line in lines:
                if is_it(line, about):
                    return at(line)
    return ""


def _is_whole(line: str, about: str) -> bool:
    marker = line.partition(";")[2].strip()
    return line == about.strip(" '") or bool(marker and marker in about)


def _is_named(line: str, about: str) -> bool:
    return normal(line) == normal(about) != ""


def _needs(line: str, about: str) -> bool:
    needed_by = re.search(r"\(from ([^\s/()]+)\)", about)
    return needed_by is not None and normal(line) == normal(needed_by[1])


def at(line: str) -> str:
    """Where a line stands, if it is one that an author has written."""
    return line.place if isinstance(line, Line) else ""
