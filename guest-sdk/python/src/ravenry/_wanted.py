"""Which files of a bot's directory its code names: what is packed besides the bot's own file.

Looked for are modules that are imported, and paths in the code: texts such as `"assets/tiger.mp4"` or
`"data.json"`, and directories that are opened, joined or mounted. Whether there is something at such
a path, whoever builds the bot finds out.
"""

from __future__ import annotations

import ast
import posixpath
import re
import sys
from collections.abc import Iterator, Mapping

from . import _packed
from ._refused import OURS

WANTED_MAX = 500
"""Paths that are asked for at once: a bot names no more, and a table of words is none."""

_PATH = re.compile(r"(?:\./)?\w[\w. -]*(?:/\w[\w. -]*)*/?")
"""A relative path as it stands in code."""

_TAKES_PATHS = frozenset(
    """open Path join listdir scandir glob iglob from_local_dir from_local_file add_local_dir
    add_local_file read_text read_bytes FileSystemLoader""".split()
)
"""Functions whose texts are paths, however they look."""


def wanted(entry: str, given: Mapping[str, bytes | None]) -> list[str]:
    """Paths that the files given name, and that were not looked for yet.

    `None` stands for what was looked for and is not there.
    """
    wants: dict[str, None] = {}
    for path, source in given.items():
        if source is None or not path.endswith(".py") or path.startswith(_packed.PACKAGES + "/"):
            continue
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        for name in _named(tree, path, _packed.roots(entry)):
            name = posixpath.normpath(name)
            if name not in given and not _is_below(name, given) and not name.startswith(".."):
                wants[name] = None
    return list(wants)[:WANTED_MAX]


def _is_below(path: str, given: Mapping[str, bytes | None]) -> bool:
    """Whether a directory was asked for that this path is in: then all that is there was given."""
    while path := posixpath.dirname(path):
        if path in given:
            return True
    return False


def imported(tree: ast.AST) -> Iterator[str]:
    """The names of what a file imports; what is imported from a module may be one, too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*")


def _named(tree: ast.AST, path: str, roots: list[str]) -> Iterator[str]:
    here = posixpath.dirname(path)
    for module in imported(tree):
        yield from _module(module, roots)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = path.split("/")[: -node.level]
            for name in [node.module or "", *(alias.name for alias in node.names)]:
                yield from _files("/".join([*above, *name.split(".")[:1]]))
        elif isinstance(node, ast.Call) and _name(node.func) in _TAKES_PATHS:
            for argument in node.args:
                yield from _places(argument, here, is_path=True)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield from _places(node.right, here, is_path=True)
        elif isinstance(node, ast.Constant):
            yield from _places(node, here, is_path=False)


def _module(name: str, roots: list[str]) -> Iterator[str]:
    """Where a module can be that is neither in the library nor brought by us."""
    top = name.partition(".")[0]
    if not top or top in sys.stdlib_module_names or top in OURS:
        return
    for root in roots:
        yield from _files(posixpath.join(root, top))


def _files(module: str) -> Iterator[str]:
    yield module + ".py"
    yield module


def _places(node: ast.expr, here: str, *, is_path: bool) -> Iterator[str]:
    """Where a text leads, if it looks like a path: from the bot's directory, or from its file's."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return
    text = node.value
    if len(text) > 200 or not _PATH.fullmatch(text):
        return
    if is_path or "/" in text.rstrip("/") or re.search(r"\w\.\w{1,5}$", text):
        yield text
        if here:
            yield posixpath.join(here, text)


def _name(function: ast.expr) -> str:
    """The last name of what is called."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
