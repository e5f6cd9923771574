"""The whole standard library inside a component, at no cost until it is used.

A component has no files: what was not imported while it was built is gone. So all of the standard
library is compiled when the component is built, and kept in its memory, compressed, behind an
import finder. What bots use most is imported at once, so that no query pays for it.

Docstrings and assertions of the library are left out. Time zones come from the package `tzdata`,
and are found through `importlib.resources`, as `zoneinfo` looks for them.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import marshal
import os
import sys
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from types import CodeType, ModuleType

from . import _resources

SKIPPED = frozenset(
    "__pycache__ config-3.14-wasm32-wasi curses ensurepip idlelib lib2to3 pydoc_data site-packages"
    " sqlite3.py test tkinter turtledemo turtle.py venv".split()
)
"""Directories and files of the library that are of no use in a component: windows, tests, tools; and
of `dbm` what it would take first, though SQLite opens no files here."""

IMPORTED = (
    "_strptime abc argparse array ast asyncio base64 binascii bisect calendar cmath codecs"
    " collections.abc colorsys concurrent.futures contextlib contextvars copy csv dataclasses"
    " datetime decimal difflib email.message email.mime.multipart email.mime.text email.parser"
    " email.utils encodings.ascii encodings.cp1252 encodings.idna encodings.latin_1"
    " encodings.utf_16 encodings.utf_16_le encodings.utf_8_sig enum fractions functools glob gzip"
    " hashlib heapq hmac html html.parser http.client http.cookies importlib.metadata"
    " importlib.resources inspect io itertools json linecache locale logging math mimetypes"
    " numbers operator os pathlib pickle pkgutil pprint queue random re secrets shutil signal"
    " socket statistics string string.templatelib struct tempfile textwrap threading time"
    " tokenize traceback types typing unicodedata urllib.error urllib.parse urllib.request uuid"
    " warnings weakref xml.etree.ElementTree zipfile zlib zoneinfo"
).split()
"""What is imported when the component is built: what bots use most, and what would be slow later.

`decimal` and `csv` cost a query milliseconds where they are imported late, these cost none.
"""

CACHE = "ravenry-library.bin"
"""The file on `sys.path` in which the compiled library is kept between builds."""


class Library:
    """Finds and loads modules whose compiled code is in memory."""

    def __init__(self, modules: dict[str, tuple[str, bool, bytes]], data: dict[str, bytes]) -> None:
        self.modules = modules
        """By full name: the path of the source, whether it is a package, the compressed code."""
        self.data = data
        """By path, such as `tzdata/zoneinfo/Europe/Oslo`: compressed files of packages."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Where a module of the library comes from; part of the protocol of finders."""
        found = self.modules.get(name)
        if found is None:
            return None
        source, package, _ = found
        spec = importlib.machinery.ModuleSpec(
            name, self, origin=source, is_package=package  # type: ignore[arg-type]
        )
        spec.has_location = True
        if package:
            spec.submodule_search_locations = [os.path.dirname(source)]
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """An ordinary module; part of the protocol of loaders."""

    def exec_module(self, module: ModuleType) -> None:
        """Runs a module's code; part of the protocol of loaders."""
        exec(self.get_code(module.__name__), module.__dict__)

    def get_code(self, name: str) -> CodeType:
        """The code of a module, as `runpy` asks for it."""
        code: CodeType = marshal.loads(zlib.decompress(self.modules[name][2]))
        return code

    def is_package(self, name: str) -> bool:
        """Whether a module is a package, as `pkgutil` and `runpy` ask for it."""
        return self.modules[name][1]

    def get_source(self, name: str) -> None:
        """No sources of the library are kept: a traceback has its lines by number alone."""

    def get_resource_reader(self, name: str) -> _resources.Reader | None:
        """The files of a package, as `importlib.resources` asks for them."""
        return _resources.reader(self, name.replace(".", "/"))

    def paths(self) -> Collection[str]:
        """The paths of all files of packages."""
        return self.data.keys()

    def content(self, path: str) -> bytes:
        """One file of a package."""
        return zlib.decompress(self.data[path])

    def dumps(self) -> bytes:
        """All of it as bytes, for the builds that follow."""
        return marshal.dumps((self.modules, self.data))

    @staticmethod
    def loads(kept: bytes) -> Library:
        """What `dumps` gave, of the same version of Python."""
        modules, data = marshal.loads(kept)
        return Library(modules, data)


def sources(root: str, skipped: frozenset[str] = SKIPPED) -> Iterator[tuple[str, str]]:
    """The Python files below a directory: each as the path from there and the whole path."""
    pending = [""]
    while pending:
        start = pending.pop()
        for name in sorted(os.listdir(os.path.join(root, start))):
            path = os.path.join(start, name)
            if name in skipped:
                continue
            if os.path.isdir(os.path.join(root, path)):
                pending.append(path)
            elif name.endswith(".py"):
                yield path.replace(os.sep, "/"), os.path.join(root, path)


def compiled(
    root: str, below: str = "", but: Collection[str] = ()
) -> dict[str, tuple[str, bool, bytes]]:
    """The modules below a directory, compiled, but for some; names get `below` in front.

    A file that is not Python of this version is left out, as the library has some for its tests.
    """
    modules: dict[str, tuple[str, bool, bytes]] = {}
    for path, whole in sources(root):
        parts = (below + path).removesuffix(".py").split("/")
        package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if package else parts)
        if not name or name in but:
            continue
        try:
            with open(whole, "rb") as file:
                code = compile(file.read(), whole, "exec", dont_inherit=True, optimize=2)
        except (SyntaxError, ValueError):
            continue
        modules[name] = (whole, package, zlib.compress(marshal.dumps(code), 9))
    return modules


def files(root: str, below: str) -> dict[str, bytes]:
    """The files below a directory that are not code, compressed; paths get `below` in front."""
    data: dict[str, bytes] = {}
    for start, directories, names in os.walk(root):
        directories[:] = sorted(set(directories) - SKIPPED)
        for name in sorted(names):
            whole = os.path.join(start, name)
            if not name.endswith((".py", ".pyc")):
                with open(whole, "rb") as file:
                    path = below + os.path.relpath(whole, root).replace(os.sep, "/")
                    data[path] = zlib.compress(file.read(), 9)
    return data


def collect(root: str, path: Iterable[str]) -> Library:
    """The library below `root`, and the package `tzdata` where a directory of `path` has it."""
    library = Library(compiled(root), {})
    for directory in path:
        zones = os.path.join(directory, "tzdata")
        if os.path.isdir(zones):
            library.modules |= compiled(zones, "tzdata/")
            library.data |= files(zones, "tzdata/")
            break
    return library


def load(root: str, path: Sequence[str]) -> Library:
    """The library that `_collect.py` has left on `path`, or compiled where there is none.

    Compiling leaves behind much memory that was used, which a component then carries.
    """
    for directory in path:
        cache = os.path.join(directory, CACHE)
        if os.path.isfile(cache):
            with open(cache, "rb") as file:
                return Library.loads(file.read())
    return collect(root, path)


def install(root: str = "/python") -> Library:
    """Puts the library in front of everything on `sys.path`.

    For the time when a component is built: `root` is where the tool has put the sources.
    """
    library = load(root, sys.path)
    # Behind the modules that are part of the interpreter, in front of the search through files.
    sys.meta_path.insert(len(sys.meta_path) - 1, library)
    return library


def import_usual() -> None:
    """Imports what bots use most."""
    for name in IMPORTED:
        importlib.import_module(name)
