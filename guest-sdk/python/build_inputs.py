"""What a component with packages is made from: where none of it has changed, nothing is made."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from build_requirements import OURS, wanted

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE / "src"))

from ravenry._wanted import imported  # noqa: E402


_OPTION = re.compile(r"^(?:-e|--constraint=)")
"""What may stand in front of a path in a requirement."""


def inputs(tools: Sequence[str], requirements: Path, modules: Sequence[str]) -> bytes:
    """What a component with packages is made from, as bytes to compare."""
    found = hashlib.sha256()
    for root in (HERE, HERE.parent.parent / "wit"):
        for path in sorted([*root.rglob("*.py"), *root.rglob("*.wit")]):
            found.update(path.read_bytes())
    lines = wanted(requirements, lambda _: None)
    found.update("\n".join([*tools, *lines, "", *modules]).encode())
    for line in lines:
        # A directory, a wheel or a list on this machine: it may change, and be called the same. A line with many
        # hashes is longer than a path may be.
        local = requirements.parent / _OPTION.sub("", line).removeprefix("file://").strip()
        with contextlib.suppress(OSError, ValueError):
            for path in sorted(local.rglob("*") if local.is_dir() else [local]):
                status = path.stat()
                found.update(f"{path} {status.st_mtime_ns} {status.st_size}\n".encode())
    return found.digest()


def imports(bot: Path) -> list[str]:
    """The modules that a bot's files import, by their whole names: those of packages among them."""
    code, pending = dict[Path, bytes](), [bot]
    found: set[str] = set()
    while pending:
        path = pending.pop()
        if path in code or not path.is_file():
            continue
        code[path] = path.read_bytes()
        with contextlib.suppress(SyntaxError, ValueError):
            for name in imported(ast.parse(code[path])):
                found.add(name)
                beside = bot.parent.joinpath(*name.split("."))
                pending += [beside.with_suffix(".py"), beside / "__init__.py"]
    brought = {*sys.stdlib_module_names, *(name.replace("-", "_") for name in OURS)}
    return sorted(name for name in found if name.partition(".")[0] not in brought)
