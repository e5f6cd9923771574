"""The interpreter as every query is to find it. Imported first of all when a component is built.

Everything that a query needs and that no bot changes is done here: the library is packed and partly
imported, the files in memory are in place, the packages that Ravenry brings are loaded.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from . import _json_depth, _library, _memory_files, _memory_os, _urllib

library = _library.install()
"""Python's library, and what Ravenry brings and a bot seldom needs."""

files = _memory_files.MemoryFiles()
"""The files that `open` finds."""


def mounted() -> Iterator[tuple[str, str]]:
    """Where a bot of Modal expects what it has mounted, and where that is beside its file."""
    modal = sys.modules.get("modal")
    for mount in getattr(modal, "mounts", ()):
        yield mount.remote.rstrip("/"), mount.local


files.mounts = mounted

_memory_os.install(files)
# `urllib.request`, which is among the usual, looks once for what there is.
_urllib.install()
_library.import_usual()
_json_depth.install()

from wit_world import exports, imports  # noqa: E402
from wit_world.imports import bundle as gateway  # noqa: E402

from . import _distributions, _heap, _packages, _packed, _written  # noqa: E402, F401
from ._refused import OURS  # noqa: E402
from .bot import Bot, find  # noqa: E402

finder = _packed.BotFinder()
"""What finds the modules of the bot."""


NOTES = "ravenry-notes.txt"
"""The file by which the directory on `sys.path` is known that takes what a build writes down."""

LASTING = "ravenry-lasting.bin"
"""What of the memory lasts, for whoever makes the component: see `_heap.lasting`."""

notes = next(one for one in sys.path if os.path.isfile(os.path.join(one, NOTES)))
"""That directory."""

SEPARATE = (
    "ravenry._collect",
    "ravenry._played_",
    "ravenry._runtime",
    "ravenry._warm",
    "ravenry.httpx_transport",
    "ravenry.testing",
)
"""Modules, by how their names begin, that a bot seldom needs: found when they are imported."""


def prepare() -> None:
    """Loads the rest, and takes away the traces of the build."""
    for name in OURS:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not found.name.startswith(SEPARATE):
                importlib.import_module(found.name)
        for late, kept in _library.compiled(package.__path__[0], f"{name}/", sys.modules).items():
            library.modules[late] = kept
    # The tool takes these from where they are, when the entry has been imported.
    generated: tuple[Any, ...] = (exports, imports)
    for package in generated:
        for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            importlib.import_module(found.name)
    # What the component was built from is gone at a query: nothing is to be looked for there.
    left = [one for one in sys.meta_path if getattr(one, "__name__", "") != "PathFinder"]
    sys.meta_path[:] = [*left, finder, _packages.finder, _written.WrittenFinder(files)]
    _packages.load(files)
    sys.path.clear()
    sys.path_importer_cache.clear()


def settle() -> None:
    """The last thing of a build: arranges what it leaves behind.

    Without `freeze`, a collection at a query would touch, and so copy, all of it.
    """
    gc.collect()
    with open(os.path.join(notes, LASTING), "wb") as file:
        file.write(_heap.lasting())
    # What is free to be used again, in the lists that Python has for many types, is given back.
    gc.collect()
    _heap.hold()
    gc.freeze()
    _heap.fill()


def bundled() -> Bot:
    """The bot of the bundle behind this component's code, made anew."""
    size = gateway.size()
    if size == 0:
        raise RuntimeError("this component has no bot: it is the runtime that bots are packed with")
    return find(run(_packed.Bundle.opened(gateway.read, size)))()


def run(bundle: _packed.Bundle) -> ModuleType:
    """Makes a bundle the bot of this instance, and imports its file."""
    _packed.enter(bundle, finder, files)
    sys.path += _packages.start()
    return _packed.run(bundle, finder)
