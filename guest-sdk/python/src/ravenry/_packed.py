"""A bot's files as one run of bytes, and how its modules are imported out of it.

A bundle begins with the index and the code that every query needs, in one piece that is read at
once. The rest (modules that are imported later, sources for tracebacks, data files) is read when it
is asked for, and costs a query nothing otherwise.

    "ravenry bundle 1\\n"  length of the index  length of the piece that is read at once
    index                 a marshalled dictionary, see `Index`
    blobs                 at the places that the index names, counted from its end

A bundle is made by the interpreter that reads it: its code is not for another version.
"""

from __future__ import annotations

import importlib.machinery
import marshal
import posixpath
import struct
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, TypedDict, cast

from . import _resources
from ._memory_files import MemoryFiles

if TYPE_CHECKING:
    from importlib.metadata import DistributionFinder

    from ._distributions import PackedDistribution

MAGIC = b"ravenry bundle 1\n"
"""How every bundle begins."""

HEAD = struct.Struct(f"<{len(MAGIC)}sII")
"""The bytes in front of the index."""

FIRST_READ = 32_768
"""How much is read at first: most bots need no more."""

PACKAGES = "site-packages"
"""Where among a bot's files its packages are."""


class Index(TypedDict):
    """What is in a bundle. Paths are relative to the bot's directory, with `/`."""

    root: str
    """The bot's directory, as the author named it; in front of all paths in tracebacks."""
    entry: str
    """The path of the bot's file."""
    main: bool
    """Whether it is run as `__main__`, because it says there which bot it is."""
    code: dict[str, tuple[int, int]]
    """Of each Python file: the place and length of its code."""
    files: dict[str, tuple[int, int]]
    """Of every file, sources too: the place and length of its bytes."""
    directories: frozenset[str]
    """All directories; the bot's own is the empty one."""


class Bundle:
    """A bundle, read piece by piece or in memory as a whole."""

    def __init__(
        self,
        index: Index,
        at_once: memoryview,
        more: Callable[[int, int], bytes] | None = None,
    ) -> None:
        """`at_once` are the first blobs, `more` gives others by offset and length."""
        self.index = index
        self.root = absolute(index["root"])
        """The bot's directory as an absolute path."""
        self._at_once = at_once
        self._more = more

    @staticmethod
    def opened(read: Callable[[int, int], bytes], size: int) -> Bundle:
        """A bundle out of bytes: `read` gives them by offset and length, `size` says how many."""
        first = read(0, min(size, FIRST_READ))
        if len(first) < HEAD.size or not first.startswith(MAGIC):
            raise ValueError("these bytes are not a bundle of this version: build the bot again")
        _, length, at_once = HEAD.unpack_from(first)
        if at_once > len(first):
            first += read(len(first), at_once - len(first))
        start = HEAD.size + length
        index: Index = marshal.loads(memoryview(first)[HEAD.size : start])
        blobs = memoryview(first)[start:]
        return Bundle(index, blobs, lambda offset, count: read(start + offset, count))

    def blob(self, place: tuple[int, int]) -> memoryview:
        """Bytes by their place and length."""
        offset, length = place
        if offset + length <= len(self._at_once):
            return self._at_once[offset : offset + length]
        pieces: list[bytes] = []
        while length > 0:
            # One call of the gateway brings no more than 15 MB.
            piece = self._more(offset, min(length, 8 << 20)) if self._more else b""
            if not piece:
                raise ValueError("the bundle is cut off: build the bot again")
            pieces.append(piece)
            offset, length = offset + len(piece), length - len(piece)
        return memoryview(pieces[0] if len(pieces) == 1 else b"".join(pieces))

    def inside(self, path: str) -> str | None:
        """An absolute path, as relative to the bot's directory; `None` where it is not below it."""
        if path == self.root:
            return ""
        return path[len(self.root) + 1 :] if path.startswith(self.root + "/") else None

    def start(self) -> list[str]:
        """The directories in which imports are looked for, as absolute paths."""
        return [posixpath.join(self.root, d).rstrip("/") for d in roots(self.index["entry"])]

    def shown(self) -> frozenset[str]:
        """The paths of all Python files, as tracebacks show them."""
        return frozenset(posixpath.join(self.index["root"], path) for path in self.index["code"])

    # As the source of files in memory.

    def files(self) -> dict[str, int]:
        """All files by their absolute path, with their sizes."""
        return {f"{self.root}/{path}": place[1] for path, place in self.index["files"].items()}

    def read(self, path: str) -> bytes:
        """The bytes of a file by its absolute path."""
        return self.content(path[len(self.root) + 1 :])

    # As a tree of resources.

    def paths(self) -> Collection[str]:
        """The relative paths of all files."""
        return self.index["files"].keys()

    def content(self, path: str) -> bytes:
        """The bytes of a file by its relative path."""
        return bytes(self.blob(self.index["files"][path]))


def absolute(root: str) -> str:
    """The directory that stands for an author's: the same path, absolute."""
    return posixpath.normpath(posixpath.join("/", root or "bot"))


def roots(entry: str) -> list[str]:
    """Where imports are looked for, relative to the bot's directory, in this order."""
    return list(dict.fromkeys([posixpath.dirname(entry), "", PACKAGES]))


def located(
    name: str, starts: Sequence[str], code: Collection[str], directories: Collection[str]
) -> tuple[str, bool] | None:
    """Where the last part of a module's name is found, and whether it is a package.

    For a directory without `__init__.py` that is its own path, otherwise that of a Python file.
    """
    tail = name.rpartition(".")[2]
    bare: str | None = None
    for start in starts:
        path = f"{start}/{tail}" if start else tail
        if f"{path}/__init__.py" in code:
            return f"{path}/__init__.py", True
        if f"{path}.py" in code:
            return f"{path}.py", False
        if bare is None and path in directories:
            bare = path
    return None if bare is None else (bare, True)


class BotFinder:
    """Finds a bot's modules in a bundle, as Python finds them in files."""

    def __init__(self) -> None:
        self.bundle: Bundle | None = None

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Where a module comes from; part of the protocol of finders."""
        bundle = self.bundle
        if bundle is None:
            return None
        starts = [bundle.inside(start) for start in (sys.path if path is None else path)]
        inside = [start for start in starts if start is not None]
        index = bundle.index
        found = located(name, inside, index["code"], index["directories"])
        return None if found is None else self.spec(bundle, name, *found)

    def spec(
        self, bundle: Bundle, name: str, path: str, package: bool
    ) -> importlib.machinery.ModuleSpec:
        """What Python wants to know of a module at this path."""
        whole = f"{bundle.root}/{path}"
        if not path.endswith(".py"):
            spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [whole]
            return spec
        loader: Any = BotLoader(bundle, path, package)
        spec = importlib.machinery.ModuleSpec(name, loader, origin=whole, is_package=package)
        spec.has_location = True
        spec.cached = None
        if package:
            spec.submodule_search_locations = [posixpath.dirname(whole)]
        return spec

    def find_distributions(self, context: DistributionFinder.Context) -> list[PackedDistribution]:
        """The packages with this name, as `importlib.metadata` asks for them."""
        from ._distributions import distributions

        return [] if self.bundle is None else distributions(self.bundle, context.name)

    def invalidate_caches(self) -> None:
        """There is nothing to forget; part of the protocol of finders."""


class BotLoader:
    """Loads one of a bot's modules."""

    def __init__(self, bundle: Bundle, path: str, package: bool) -> None:
        self._bundle = bundle
        self._path = path
        self._package = package

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """An ordinary module; part of the protocol of loaders."""

    def exec_module(self, module: ModuleType) -> None:
        """Runs the module's code; part of the protocol of loaders."""
        exec(self.get_code(module.__name__), module.__dict__)

    def get_code(self, name: str) -> CodeType:
        """The code of the module. A file that was not Python when it was packed is compiled now, so
        that its error is raised where it is imported."""
        place = self._bundle.index["code"][self._path]
        if place[1] == 0:
            if self._path not in self._bundle.paths():
                raise ImportError(f"`{name}` is not Python of this version", name=name)
            shown = posixpath.join(self._bundle.index["root"], self._path)
            source = self._bundle.content(self._path)
            code: CodeType = compile(source, shown, "exec", dont_inherit=True, optimize=0)
        else:
            code = marshal.loads(self._bundle.blob(place))
        return code

    def get_source(self, name: str) -> str | None:
        """The module's text: `linecache` asks for it when it shows a traceback.

        Of packages there is none.
        """
        from importlib.util import decode_source

        if self._path not in self._bundle.paths():
            return None
        return decode_source(self._bundle.content(self._path))

    def get_filename(self, name: str) -> str:
        """The module's path, absolute."""
        return f"{self._bundle.root}/{self._path}"

    def is_package(self, name: str) -> bool:
        """Whether the module is a package."""
        return self._package

    def get_data(self, path: str) -> bytes:
        """A file by its absolute path, as `pkgutil.get_data` asks for it."""
        inside = self._bundle.inside(posixpath.normpath(path))
        if inside is None or inside not in self._bundle.index["files"]:
            raise FileNotFoundError(path)
        return self._bundle.content(inside)

    def get_resource_reader(self, name: str) -> _resources.Reader | None:
        """The files of a package, as `importlib.resources` asks for them."""
        return _resources.reader(self._bundle, posixpath.dirname(self._path))


def enter(bundle: Bundle, finder: BotFinder, files: MemoryFiles) -> None:
    """Makes a bundle the bot: its modules can be imported, its files opened."""
    finder.bundle = bundle
    start = bundle.start()
    sys.path[:] = start
    sys.argv[:] = [f"{bundle.root}/{bundle.index['entry']}"]
    files.enter(bundle.root, bundle.root, bundle)


def run(bundle: Bundle, finder: BotFinder) -> ModuleType:
    """Imports the bot's file, and gives its module."""
    from importlib.util import module_from_spec

    path = bundle.index["entry"]
    name = "__main__" if bundle.index["main"] else module_name(path)
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == f"{bundle.root}/{path}":
        return loaded
    spec = finder.spec(bundle, name, path, False)
    module = module_from_spec(spec)
    sys.modules[name] = module
    assert spec.loader is not None
    spec.loader.exec_module(module)
    return module


def module_name(entry: str) -> str:
    """The name under which the bot's file is imported."""
    return posixpath.basename(entry).removesuffix(".py")


class Maker:
    """Collects what is to be in a bundle."""

    def __init__(self, root: str, entry: str, main: bool, directories: frozenset[str]) -> None:
        self.index = Index(
            root=root, entry=entry, main=main, code={}, files={}, directories=directories
        )
        self._blobs = bytearray()

    def put(self, blob: bytes | memoryview) -> tuple[int, int]:
        """Adds bytes; their place."""
        self._blobs += blob
        return len(self._blobs) - len(blob), len(blob)

    def bundle(self) -> Bundle:
        """The bundle, in memory as a whole. Nothing more can be put into it."""
        return Bundle(self.index, memoryview(self._blobs))

    def __len__(self) -> int:
        return len(self._blobs)

    def bytes(self, at_once: int) -> bytes:
        """The bundle as bytes; so many bytes of its blobs are read by every query."""
        head = marshal.dumps(cast("Any", self.index))
        start = HEAD.size + len(head)
        return b"".join((HEAD.pack(MAGIC, len(head), start + at_once), head, self._blobs))


def made(root: str, entry: str, main: bool, files: Mapping[str, bytes]) -> Maker:
    """A bundle on its way, with these files and their code in it."""
    maker = Maker(root, entry, main, all_directories(files))
    for path, content in files.items():
        if path.endswith(".py"):
            maker.index["code"][path] = maker.put(compiled(posixpath.join(root, path), content))
        if _kept(path):
            maker.index["files"][path] = maker.put(content)
    return maker


def all_directories(files: Collection[str]) -> frozenset[str]:
    """The directories in which files are; the topmost is the empty one."""
    found = {""}
    for path in files:
        while path and (path := posixpath.dirname(path)) not in found:
            found.add(path)
    return frozenset(found)


def compiled(shown: str, source: bytes) -> bytes:
    """The marshalled code of a file with this path; empty where it is not Python."""
    try:
        return marshal.dumps(compile(source, shown, "exec", dont_inherit=True, optimize=0))
    except (SyntaxError, ValueError):
        return b""


def _kept(path: str) -> bool:
    """Whether the bytes of a file are kept, beside its code: of packages, its data alone."""
    if not path.startswith(PACKAGES + "/"):
        return True
    if ".dist-info/" in path:
        return path.endswith(("/METADATA", "/entry_points.txt"))
    return not path.endswith((".py", ".pyi", ".c", ".h", ".pyx"))


def written(bundle: Bundle, first: Sequence[str]) -> bytes:
    """The bytes of a bundle. The code of `first`, by path, is what every query reads at once."""
    old = bundle.index
    maker = Maker(old["root"], old["entry"], old["main"], old["directories"])
    code = maker.index["code"]
    for path in first:
        code[path] = maker.put(bundle.blob(old["code"][path]))
    at_once = len(maker)
    for path, place in old["code"].items():
        if path not in code:
            code[path] = maker.put(bundle.blob(place))
    for path, place in old["files"].items():
        maker.index["files"][path] = maker.put(bundle.blob(place))
    return maker.bytes(at_once)
