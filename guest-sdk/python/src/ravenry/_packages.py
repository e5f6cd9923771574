"""The packages that a component is made with: of bots whose requirements name some.

`build.py` puts a directory on `sys.path` with the packages and the file `ORDER`. They are kept in
memory as a bot's own files are, and the modules that bots import are imported when the component is
built: that may take long, and a query need not do it again.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys

from . import _packed
from ._memory_files import MemoryFiles

ORDER = "ravenry-packages.txt"
"""The file with the modules to import, a name in each line; not all of them need be there."""

finder = _packed.BotFinder()
"""What finds the modules of packages."""


def load(files: MemoryFiles) -> None:
    """Takes the packages in, where there are some."""
    place = next((one for one in sys.path if os.path.isfile(os.path.join(one, ORDER))), None)
    if place is None:
        return
    with open(os.path.join(place, ORDER), encoding="utf-8") as order:
        modules = order.read().split()
    content = dict(sorted(_read(place)))
    bundle = _packed.made("/packages", "", False, content).bundle()
    finder.bundle = bundle
    files.attach(bundle.root, bundle)
    sys.path[:] = start()
    for name in modules:
        # One that cannot be imported is told of where a bot imports it.
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def start() -> list[str]:
    """Where their modules are looked for, as in `sys.path`."""
    return [] if finder.bundle is None else finder.bundle.start()


def has(module: str) -> bool:
    """Whether a package has a module of this name, or is one."""
    return finder.find_spec(module, start()) is not None


def _read(root: str) -> list[tuple[str, bytes]]:
    """The files below a directory, by their path from there."""
    found: list[tuple[str, bytes]] = []
    for above, _, names in os.walk(root):
        for name in names:
            path = os.path.join(above, name)
            with open(path, "rb") as file:
                found.append((os.path.relpath(path, root).replace(os.sep, "/"), file.read()))
    return found
