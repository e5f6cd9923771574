"""The entry of a component of its own: of one bot with its packages, imported when it is built.

`build.py` puts a directory on `sys.path` with the file `ORDER`, whose one line is the path of the
bot's file as the author knows it, and the directory `FILES` with the bot's files and packages. What
is wrong with them is written into the file `REFUSAL` beside it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence

from . import _interpreter  # isort: skip: before all others, see there

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import packer

from . import _component, _packer, _warm

ORDER = "ravenry-bot.txt"
FILES = "files"
REFUSAL = "ravenry-refusal.txt"


class Folder(Mapping[str, bytes]):
    """The files below a directory, each read when it is asked for.

    The memory that a build has used stays with the component.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._paths = sorted(
            os.path.relpath(os.path.join(start, name), root)
            for start, _, names in os.walk(root)
            for name in names
        )

    def __getitem__(self, path: str) -> bytes:
        if path not in self._paths:
            raise KeyError(path)
        with open(os.path.join(self._root, path), "rb") as file:
            return file.read()

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


# Before the traces of the build are taken away.
place = next(d for d in sys.path if os.path.isfile(os.path.join(d, ORDER)))
with open(os.path.join(place, ORDER), encoding="utf-8") as order:
    entry = order.read().rstrip("\n")
folder = Folder(os.path.join(place, FILES))

_interpreter.prepare()
_warm.up()
try:
    _, make = _packer.imported(entry, folder, _interpreter.run)
except _packer.Unfit as error:
    with open(os.path.join(place, REFUSAL), "w", encoding="utf-8") as file:
        file.write(str(error))
    raise


class Packer(exports.Packer):
    """The export `packer`, which the world has and such a component does not need."""

    def pack(self, entry: str, files: Sequence[packer.File]) -> packer.Packed:
        """Refuses."""
        raise Err("this component is a bot already: pack with the shared one")


Handler = _component.handler(make)
_interpreter.settle()
