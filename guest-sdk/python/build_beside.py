"""What a bot's file needs beside it: packages, modules, and files that it names."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from build_code import Code, Notes, keyword, method
from build_requirements import Problem, lacking, logical_lines, normal

sys.path.append(str(Path(__file__).resolve().parent / "src"))

from ravenry._check import check  # noqa: E402
from ravenry._refused import DISTRIBUTIONS  # noqa: E402
from ravenry._wanted import wanted  # noqa: E402

LATER = frozenset({"annotationlib", "compression"})
"""Modules of Python's library that the Python of this machine may not know yet."""

NOT_COPIED = frozenset({"requirements.txt", "ravenry.toml"})
"""What the new directory has of its own."""

FILES_MAX, BYTES_MAX = 2_000, 15_000_000
"""What a bot may have beside its file: as much as the build packs."""

_WITH_USER = re.compile(r"://[^/\s]*@")


def requirements(code: Code, notes: Notes, directory: Path, checked: list[str]) -> list[str]:
    """Lines for requirements.txt: what the file and its list ask for, and what else is imported."""
    lines = list(listed(directory / "requirements.txt", notes))
    for call in code.calls():
        if method(call) == "pip_install_from_requirements" and call.args:
            place = code.text(call.args[0])
            lines += listed(directory / place, notes) if place else []
        elif method(call) in ("pip_install", "uv_pip_install"):
            lines += installed(code, notes, call)
    kept: dict[str, None] = {}
    for line in lines:
        if _WITH_USER.search(line):
            notes.add_whole("a requirement has a password in its address: write it by hand")
        elif re.match(r"-e|--editable|[./]|file:", line):
            notes.add_whole("a requirement is a path on this machine: write it by hand")
        else:
            kept[line] = None
    names = {normal(line) for line in kept if not line.startswith("-")}
    is_lock = any("--hash" in line for line in kept)
    for complaint in checked:
        missing = re.match(rf"(.+?:\d+): there is no module `([^`.]+)`: it is neither", complaint)
        if not missing:
            # What our packages lack is seen only where those are that they stand on.
            if re.search(r" (?:work|be imported) here|rename it$", complaint):
                notes.add_whole(complaint)
            continue
        where, module = missing.groups()
        if module in LATER:
            continue
        package = normal(DISTRIBUTIONS.get(module, module))
        plain = package.replace("-", "")
        if any(plain in name.replace("-", "") for name in names):
            continue
        if is_lock or package == "google":
            said = "write its package into requirements.txt"
        else:
            names.add(package)
            kept[package] = None
            said = f"is `{package}` in requirements.txt its package?"
        notes.add_whole(f"{where} imports `{module}`: {said}")
    ours = ["fastapi-poe"] if code.imports("fastapi_poe") else []
    return lacking([*kept, *ours], lambda _: None)


def listed(path: Path, notes: Notes) -> list[str]:
    """The lines of a file of requirements, where it is there."""
    if not path.is_file():
        if path.name != "requirements.txt":
            notes.add_whole(f"{path.name} is not there: write its packages into requirements.txt")
        return []
    try:
        return logical_lines(path)
    except UnicodeDecodeError:
        raise Problem(f"{path.name} is not text in UTF-8: save it as that") from None


def installed(code: Code, notes: Notes, call: ast.Call) -> Iterator[str]:
    """The packages that a step of a `modal` image installs."""
    for argument in call.args:
        for text in code.listed(argument):
            if text is None:
                said = "installs what is seen only when it runs: write it into requirements.txt"
                notes.add(call.lineno, said)
            else:
                yield text


def beside(bot: Path) -> tuple[list[str], list[str]]:
    """The files beside the bot's that its code names, and what the build would complain of."""
    given: dict[str, bytes | None] = {bot.name: bot.read_bytes()}
    files: dict[str, int] = {}
    while paths := wanted(bot.name, given):
        for path in paths:
            given[path] = None
            for found, size in below(bot.parent, path):
                if found not in NOT_COPIED and found != bot.name:
                    source = (bot.parent / found).read_bytes() if found.endswith(".py") else b""
                    given[found], files[found] = source, size
        if len(files) > FILES_MAX or sum(files.values()) > BYTES_MAX:
            raise Problem(
                f"{bot.name} names too many files, or too large ones: a bot may have {FILES_MAX}"
                f" files, and {BYTES_MAX // 1_000_000} MB"
            )
    present: Mapping[str, bytes] = {
        path: content for path, content in given.items() if content is not None
    }
    # A complaint goes on with lines of the file, which may hold a key.
    return list(files), [said.partition("\n")[0] for said in check("", bot.name, present).problems]


def below(directory: Path, path: str) -> Iterator[tuple[str, int]]:
    """The file at a path, or all below it, each with its size; none outside of `directory`."""
    place = directory / path
    if not place.resolve().is_relative_to(directory.resolve()):
        return
    found = [place] if place.is_file() else sorted(place.rglob("*")) if place.is_dir() else []
    for file in found:
        parts = file.relative_to(directory).parts
        hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if file.is_file() and not file.is_symlink() and not hidden:
            yield PurePosixPath(*parts).as_posix(), file.stat().st_size


def mounted(code: Code, notes: Notes, files: list[str]) -> None:
    """Notes what `modal` mounts and is not taken along."""
    steps = ("add_local_dir", "add_local_file", "from_local_dir", "from_local_file",
             "copy_local_dir", "copy_local_file")  # fmt: skip
    for call in code.calls():
        if method(call) not in steps:
            continue
        given = call.args[0] if call.args else keyword(call, "local_path")
        place = PurePosixPath(code.text(given) or "/")
        if not any(PurePosixPath(file).is_relative_to(place) for file in files):
            said = "mounts what is not found beside the file: copy it there by hand"
            notes.add(call.lineno, said)
