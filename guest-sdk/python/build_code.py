"""A bot's file as it is written: what its names mean, its texts and variables. It is never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from build_requirements import Problem

DEPTH_MAX = 8
"""Names that stand for names are followed so far: two may stand for each other."""


@dataclass(frozen=True)
class Source:
    """Where a value comes from, such as a key."""

    line: int
    variable: str | None = None
    """The variable of the environment that it is read from."""
    is_literal: bool = False
    """Whether the file itself holds it."""


@dataclass(frozen=True)
class Read:
    """A variable of the environment that the file reads."""

    line: int
    name: str
    is_demanded: bool
    """Whether there is an exception where it is not set."""


def parsed(bot: Path) -> ast.Module:
    """A file, as Python understands it."""
    if bot.suffix != ".py":
        raise Problem(f"{bot.name} is not in Python: the name of a bot's file ends in `.py`")
    if not bot.is_file():
        raise Problem(f"there is no file {bot}: name the bot's file")
    try:
        text = bot.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = bot.read_bytes()[: error.start].count(b"\n") + 1
        raise Problem(f"{bot.name}:{line}: this is not text in UTF-8: save it as that") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        # Not with the line's text: there may be a key in it.
        raise Problem(f"{bot.name}:{error.lineno or 1}: this is not Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        why = str(error) or "it is nested too deep"
        raise Problem(f"{bot.name}:1: this is not Python: {why}") from None


class Code:
    """What stands in a file."""

    def __init__(self, bot: Path) -> None:
        self.name = bot.name
        self.tree = parsed(bot)
        nodes = [node for node in ast.walk(self.tree) if isinstance(node, (ast.expr, ast.stmt))]
        self.nodes = sorted(nodes, key=lambda node: (node.lineno, node.col_offset))
        self._names = dict(self._imported())
        self._assigned: dict[str, ast.expr | None] = {}
        for node in self.nodes:
            for name, value in assigned(node):
                # One that is assigned twice may be either.
                self._assigned[name] = None if name in self._assigned else value

    def _imported(self) -> Iterator[tuple[str, str]]:
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    whole = alias.name if alias.asname else alias.name.partition(".")[0]
                    yield alias.asname or whole, whole
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    yield alias.asname or alias.name, f"{node.module}.{alias.name}"

    def imports(self, module: str) -> bool:
        """Whether the file imports a module, or something of it."""
        return any(f"{name}.".startswith(f"{module}.") for name in self._names.values())

    def dotted(self, node: ast.expr) -> str:
        """The whole name of what `fp.run`, say, means; empty where it is no module's."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        whole = self._names.get(node.id)
        if whole is None and "*" in self._names:
            whole = f"{self._names['*'].removesuffix('.*')}.{node.id}"
        return ".".join([whole, *reversed(parts)]) if whole else ""

    def value(self, node: ast.expr) -> ast.expr:
        """What a name stands for, where that is certain; else the expression itself."""
        for _ in range(DEPTH_MAX):
            found = self._assigned.get(node.id) if isinstance(node, ast.Name) else None
            if found is None:
                break
            node = found
        return node

    def text(self, node: ast.expr | None) -> str | None:
        """The text that an expression is, where it stands in the file."""
        found = self.value(node) if node else None
        if isinstance(found, ast.Constant) and isinstance(found.value, str):
            return found.value
        return None

    def listed(self, node: ast.expr, depth: int = 0) -> Iterator[str | None]:
        """The texts of a list, or the one that an expression is; `None` for what is not in the file.

        Lists may stand in others, be added, or be given as `*NAMES`.
        """
        node = self.value(node)
        if depth > DEPTH_MAX:
            yield None
        elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            for part in node.elts:
                yield from self.listed(part, depth + 1)
        elif isinstance(node, ast.Starred):
            yield from self.listed(node.value, depth + 1)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            for side in (node.left, node.right):
                yield from self.listed(side, depth + 1)
        elif isinstance(node, ast.Call) and method(node) == "split" and not node.args:
            whole = self.text(node.func.value) if isinstance(node.func, ast.Attribute) else None
            yield from whole.split() if whole else [None]
        else:
            yield self.text(node)

    def read(self, node: ast.expr) -> Read | None:
        """The variable that an expression reads."""
        name: str | None = None
        is_demanded = False
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            if self.dotted(node.value) == "os.environ":
                name, is_demanded = self.text(node.slice), True
        elif isinstance(node, ast.Call) and node.args:
            if self.dotted(node.func) in ("os.getenv", "os.environ.get"):
                name = self.text(node.args[0])
        return Read(node.lineno, name, is_demanded) if name else None

    def source(self, node: ast.expr | None, depth: int = 0) -> Source | None:
        """Where a value comes from; `None` where nothing is given: `None`, or an empty text."""
        if node is None or depth > DEPTH_MAX:
            return None
        node = self.value(node)
        if isinstance(node, ast.BoolOp):
            found = (self.source(value, depth + 1) for value in node.values)
            return next((source for source in found if source), None)
        if isinstance(node, ast.Constant):
            return Source(node.lineno, is_literal=True) if node.value else None
        read = self.read(node)
        return Source(node.lineno, read.name if read else None)

    def calls(self) -> Iterator[ast.Call]:
        """All calls, in the order of the file."""
        yield from (node for node in self.nodes if isinstance(node, ast.Call))

    def reads(self) -> dict[str, Read]:
        """The variables that are read, by name; one that is demanded anywhere is."""
        found: dict[str, Read] = {}
        for node in self.nodes:
            read = self.read(node) if isinstance(node, ast.expr) else None
            if read and (read.name not in found or read.is_demanded):
                found[read.name] = read
        return found

    def sets(self) -> frozenset[str]:
        """The variables that the file sets by itself."""
        found: set[str | None] = set()
        for node in self.nodes:
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                if self.dotted(node.value) == "os.environ":
                    found.add(self.text(node.slice))
            elif isinstance(node, ast.Call) and node.args:
                given = self.value(node.args[0])
                if self.dotted(node.func) == "os.environ.setdefault":
                    found.add(self.text(given))
                elif method(node) in ("env", "from_dict") and isinstance(given, ast.Dict):
                    # Of the image of `modal`, and of its secrets.
                    pairs = zip(given.keys, given.values, strict=True)
                    found |= {self.text(key) for key, value in pairs if self.text(value)}
        return frozenset(name for name in found if name)

    def texts(self) -> Iterator[tuple[ast.expr, str]]:
        """All texts but descriptions. What is put into one stands as `{}` in it."""
        skipped: set[int] = set()
        for node in self.nodes:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                skipped.add(id(node.value))
            elif isinstance(node, ast.JoinedStr):
                skipped |= {id(part) for part in node.values}
                parts = (getattr(part, "value", "") for part in node.values)
                yield node, "".join(part if isinstance(part, str) else "{}" for part in parts)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                if id(node) not in skipped:
                    yield node, node.value


class Notes:
    """What is to be done by hand: a sentence each, in the order of their lines."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._found: dict[str, int] = {}
        self.lines_with_keys: set[int] = set()

    def add(self, line: int, said: str) -> None:
        """Notes what is to be done because of a line of the bot's file."""
        self._found.setdefault(f"{self._name}:{line} {said}", line)

    def add_whole(self, said: str) -> None:
        """Notes what is no matter of one line."""
        self._found.setdefault(said, 0)

    def sentences(self) -> list[str]:
        """All of them."""
        return sorted(self._found, key=lambda said: self._found[said])


def assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a statement assigns a value to."""
    targets: list[ast.expr] = []
    value: ast.expr | None = None
    if isinstance(node, ast.Assign):
        targets, value = node.targets, node.value
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
        targets, value = [node.target], node.value
    for target in targets:
        if isinstance(target, ast.Name) and value:
            yield target.id, value


def keyword(call: ast.Call, *names: str) -> ast.expr | None:
    """What a call gives under the first of these names that it gives."""
    given = {word.arg: word.value for word in call.keywords}
    return next((given[name] for name in names if name in given), None)


def method(call: ast.Call) -> str:
    """The last name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""
