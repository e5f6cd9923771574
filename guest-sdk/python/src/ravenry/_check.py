"""What is wrong with a bot's files, said when it is built and not when it is asked.

All files are looked at that the bot's file imports, also inside functions: syntax, modules that
cannot work in a component, modules that are nowhere. An import that a `try` guards against
`ImportError` may fail, a name that a file asks for with `hasattr` may not be there, a module may be
one that the bot writes itself; what stands under `if TYPE_CHECKING:` is never run.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import importlib
import posixpath
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType

from . import _check_clients, _packages, _packed
from ._refused import BESIDE, DISTRIBUTIONS, FILES_OF_SQLITE, METHODS, MODULES, OURS, PACKAGES, USES

REGISTERS = frozenset({"fastapi_poe.run", "fastapi_poe.make_app", "ravenry.export"})
"""Calls that say which bot a file has."""


@dataclass
class Checked:
    """What a look at a bot's files has found."""

    problems: list[str] = field(default_factory=list[str])
    """Each in one or more lines that begin with the place, such as `bot.py:3: …`."""
    main: bool = False
    """Whether the bot's file says under `if __name__ == "__main__":` which bot it has."""


@dataclass(frozen=True)
class Found:
    """One name that a file imports or uses."""

    line: int
    name: str
    """The module, or the whole dotted name of what is used of it."""
    base: str | None = None
    """The module that was named, where `name` is something imported from it."""


def check(root: str, entry: str, files: Mapping[str, bytes]) -> Checked:
    """Looks at a bot's files. Paths are relative to its directory, and shown below `root`."""
    checked = Checked()
    code = {path for path in files if path.endswith(".py")}
    directories = _packed.all_directories(files)
    pending, seen = [entry], {entry}
    while pending:
        path = pending.pop(0)
        shown = posixpath.join(root, path)
        try:
            tree = ast.parse(files[path], shown)
        except (SyntaxError, ValueError) as error:
            checked.problems.append(_syntax(shown, error))
            continue
        reader = _Reader(path, path == entry)
        reader.visit(tree)
        if path == entry:
            checked.main = reader.registers_as_main
        near = _Near(path, _packed.roots(entry), code, directories, reader.scripts)
        complaints: dict[str, None] = {}
        for found in reader.found:
            for next_path in near.files(found):
                own = not next_path.startswith(_packed.PACKAGES + "/")
                if next_path not in seen and own:
                    seen.add(next_path)
                    pending.append(next_path)
            complaint = near.complaint(found)
            if complaint:
                complaints[f"{shown}:{found.line}: {complaint}"] = None
        refused = _check_clients.refused(tree, reader.dotted)
        for line, complaint in (*reader.refused, *refused):
            complaints[f"{shown}:{line}: {complaint}"] = None
        checked.problems += complaints
    return checked


def _syntax(shown: str, error: SyntaxError | ValueError) -> str:
    """A syntax error as Python shows it, its place in front."""
    if not isinstance(error, SyntaxError):
        return f"{shown}:1: this is not Python: {error}"
    said = f"{shown}:{error.lineno or 1}: {error.msg}"
    if error.text:
        line = error.text.rstrip("\n")
        said += f"\n    {line.strip()}"
        if error.offset:
            column = error.offset - 1 - (len(line) - len(line.lstrip()))
            said += f"\n    {' ' * max(column, 0)}^"
    return said


class _Near:
    """What is there to be imported, as seen from one file."""

    def __init__(
        self,
        path: str,
        roots: list[str],
        code: Collection[str],
        directories: Collection[str],
        scripts: Collection[str],
    ) -> None:
        self._path = path
        self._roots = roots
        self._code = code
        self._directories = directories
        self._scripts = scripts

    def _locate(self, name: str) -> tuple[list[str], bool]:
        """The files that importing a module runs, and whether all of its name was found."""
        starts, found = self._roots, list[str]()
        for part in name.split("."):
            place = _packed.located(part, starts, self._code, self._directories)
            if place is None:
                return found, False
            path, package = place
            if path.endswith(".py"):
                found.append(path)
                starts = [posixpath.dirname(path)] if package else []
            else:
                starts = [path]
        return found, True

    def files(self, found: Found) -> list[str]:
        """The bot's files that an import runs."""
        return self._locate(found.name)[0] or self._locate(found.base or "")[0]

    def complaint(self, found: Found) -> str | None:
        """Why this cannot work, in one sentence with what to do; `None` where it can."""
        name = found.name
        top = name.partition(".")[0]
        if name in USES:
            return f"`{name}` does not work here: {USES[name]}"
        own = self._locate(top)[0]
        for module in (top, name):
            if module in MODULES and not own:
                return f"`{module}` cannot be imported here: {MODULES[module]}"
        if top in sys.stdlib_module_names or top in OURS:
            if own and own[0] != self._path:
                what = "of Python's library" if top not in OURS else "that Ravenry brings"
                return f"`{own[0]}` has the name of a module {what}, which is imported: rename it"
            return _lacking(found) if top in OURS else None
        if top in BESIDE:
            return None
        if not own and _packages.has(top):
            return None
        if own or self._locate(top)[1]:
            module = found.base or name
            if self._locate(module)[1] or own[:1] == [f"{top}.py"]:
                return None
            if self._locate(top)[0][:1] and own[0].startswith(_packed.PACKAGES + "/"):
                return None
            return f"there is no module `{module}` in `{top}`"
        if top in self._scripts:
            return None
        if top in PACKAGES:
            return f"`{top}` cannot work here, it needs native code or a server: {PACKAGES[top]}"
        package = DISTRIBUTIONS.get(top, top.replace("_", "-"))
        return (
            f"there is no module `{top}`: it is neither in Python's library nor among the bot's"
            f" files; if it comes with a package, write `{package}` into requirements.txt"
        )


def _lacking(found: Found) -> str | None:
    """What one of our own packages does not have, though it is asked for it."""
    parts = found.name.split(".")
    thing: object = importlib.import_module(parts[0])
    for count, part in enumerate(parts[1:], 1):
        path = ".".join(parts[:count])
        if not isinstance(thing, ModuleType):
            return None
        refusal = _absent(thing, path, part)
        if refusal is not None:
            return refusal
        thing = getattr(thing, part, None)
    return None


def _absent(module: ModuleType, path: str, part: str) -> str | None:
    """Why a module has no such part; `None` where it has it."""
    with contextlib.suppress(ImportError):
        importlib.import_module(f"{path}.{part}")
        return None
    try:
        getattr(module, part)
    except ImportError as error:
        # Some say themselves what they have instead.
        return str(error)
    except AttributeError:
        public = [name for name in dir(module) if not name.startswith("_")]
        near = difflib.get_close_matches(part, public, 1)
        hint = f": did you mean `{near[0]}`?" if near else ""
        return f"`{path}` has no `{part}` here{hint}"
    return None


_IMPORT_GUARDS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_USE_GUARDS = _IMPORT_GUARDS | {"AttributeError"}
_CALL_GUARDS = frozenset({"AttributeError", "NotImplementedError"})
"""What a `try` has to catch that guards an import, the use of a name, or a call that is refused. Whoever
catches all that a call may raise means what happens at a query."""

_IN_MEMORY = re.compile(r"^$|:memory:|mode=memory")
"""What SQLite opens no file for."""


class _Reader(ast.NodeVisitor):
    """Collects what one file imports, and what it uses of it."""

    def __init__(self, path: str, entry: bool) -> None:
        self.refused: list[tuple[int, str]] = []
        """Lines that cannot work as they are written, each with a sentence."""
        self.scripts: set[str] = set()
        """Names of Python files in the code's texts, and of their directories: the bot may write them,
        and import them then."""
        self.registers_as_main = False
        self._found: list[Found] = []
        self._asked: set[str] = set()
        self._path = path
        self._entry = entry
        self._names: dict[str, str] = {}
        self._guarded_imports = 0
        self._guarded_uses = 0
        self._guarded_calls = 0
        self._calls: list[tuple[int, str, str]] = []
        self._defined: set[str] = set()
        self._depth = 0
        self._main: list[ast.If] = []
        self._registers_inside = False

    @property
    def found(self) -> list[Found]:
        """All that is imported and used, without what the file asks for with `hasattr`."""
        return [one for one in self._found if not any(_is_of(one.name, a) for a in self._asked)]

    def visit_Module(self, node: ast.Module) -> None:
        self.generic_visit(node)
        if self._main and self._entry:
            self._visit_main()
        # What the file itself calls so is no loop's.
        refused = [(line, said) for line, name, said in self._calls if name not in self._defined]
        self.refused += refused

    def _visit_main(self) -> None:
        before = len(self._found), len(self._calls)
        for block in self._main:
            for statement in block.body:
                self.visit(statement)
        calls = [call for block in self._main for call in _calls(block.body)]
        here = any(self.dotted(call.func) in REGISTERS for call in calls)
        self.registers_as_main = here or (self._registers_inside and bool(calls))
        if not self.registers_as_main:
            del self._found[before[0] :], self._calls[before[1] :]

    def visit_If(self, node: ast.If) -> None:
        test = ast.unparse(node.test)
        if test in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            self._visit_all(node.orelse)
        elif "__name__" in test and "__main__" in test and not self._depth:
            self._main.append(node)
            self._visit_all(node.orelse)
        else:
            self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> None:
        imports = any(_catches(handler.type, _IMPORT_GUARDS) for handler in node.handlers)
        uses = any(_catches(handler.type, _USE_GUARDS) for handler in node.handlers)
        calls = any(_catches(handler.type, _CALL_GUARDS, False) for handler in node.handlers)
        self._guarded_imports += imports
        self._guarded_uses += uses
        self._guarded_calls += calls
        self._visit_all(node.body)
        self._guarded_imports -= imports
        self._guarded_uses -= uses
        self._guarded_calls -= calls
        for statements in (node.handlers, node.orelse, node.finalbody):
            self._visit_all(statements)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            self._names[alias.asname or name] = name
            self._add_import(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        if node.level:
            # Relative to the package in which this file is, as `located` sees it from the roots.
            parts = self._path.split("/")
            base = ".".join([*parts[: -node.level], *([node.module] if node.module else [])])
            if (self._entry or node.level >= len(parts)) and not self._guarded_imports:
                # Whether there is such a module is said once it is written so.
                self.refused.append((node.lineno, _out_of_no_package(node)))
                return
        for alias in node.names:
            name = f"{base}.{alias.name}".lstrip(".")
            self._names[alias.asname or alias.name] = name
            self._add_import(node, base if alias.name == "*" else name, base)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        dotted = self.dotted(node)
        if dotted is None:
            self.generic_visit(node)
        elif not self._guarded_uses and (dotted in USES or dotted.partition(".")[0] in OURS):
            self._found.append(Found(node.lineno, dotted, dotted.rpartition(".")[0]))

    def visit_Call(self, node: ast.Call) -> None:
        if self._depth and self.dotted(node.func) in REGISTERS:
            self._registers_inside = True
        match node:
            case ast.Call(func=ast.Name("hasattr"), args=[of, ast.Constant(str(name))]):
                self._asked.add(f"{self.dotted(of)}.{name}")
            case ast.Call(func=ast.Name("getattr"), args=[of, ast.Constant(str(name)), _]):
                self._asked.add(f"{self.dotted(of)}.{name}")
            case ast.Call(func=ast.Attribute(attr=name) as called) if name in METHODS:
                dotted = self.dotted(called)
                if not self._guarded_calls and (dotted is None or dotted in USES):
                    said = f"`{dotted or ast.unparse(called)}` does not work here: {METHODS[name]}"
                    self._calls.append((called.lineno, name, said))
            case ast.Call(args=[ast.Constant(str(name)), *_]):
                if self.dotted(node.func) == "sqlite3.connect" and not _IN_MEMORY.search(name):
                    self.refused.append((node.lineno, FILES_OF_SQLITE.format(name)))
            case _:
                pass
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and node.value.endswith(".py"):
            self.scripts.update(node.value.removesuffix(".py").split("/"))

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._defined.add(node.name)
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1

    visit_AsyncFunctionDef = visit_FunctionDef

    def _visit_all(self, nodes: Collection[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _add_import(self, node: ast.stmt, name: str, base: str | None = None) -> None:
        if not self._guarded_imports:
            self._found.append(Found(node.lineno, name, base))

    def dotted(self, node: ast.expr) -> str | None:
        """The whole name of what an expression such as `fp.run` means, where a module is in it."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self._names:
            return None
        return ".".join([self._names[node.id], *reversed(parts)])


def _is_of(name: str, whole: str) -> bool:
    """Whether a dotted name is this one, or a part of it."""
    return f"{name}.".startswith(f"{whole}.")


def _out_of_no_package(node: ast.ImportFrom) -> str:
    """What is said of a relative import in a file that is in no package."""
    plain = ast.ImportFrom(node.module, node.names, 0) if node.module else ast.Import(node.names)
    written = f"from {'.' * node.level}{node.module or ''} import …"
    return f"`{written}` needs a package, and this file is in none: write `{ast.unparse(plain)}`"


def _catches(caught: ast.expr | None, guards: Collection[str], anything: bool = True) -> bool:
    """Whether a handler takes one of these exceptions. `anything` is what a bare one counts as."""
    if caught is None:
        return anything
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(kind, ast.Name) and kind.id in guards for kind in kinds)


def _calls(statements: Collection[ast.stmt]) -> Iterator[ast.Call]:
    """All calls in some statements."""
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                yield node
