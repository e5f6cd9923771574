"""Files of packages that are in memory, as `importlib.resources` walks them."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from typing import Any, Protocol


class Tree(Protocol):
    """Files by their path, with `/` between its parts."""

    def paths(self) -> Collection[str]:
        """The paths of all files."""
        ...

    def content(self, path: str) -> bytes:
        """The bytes of one of them."""
        ...


class Resource:
    """A file or a directory of a tree; a `Traversable` of `importlib.resources`."""

    def __init__(self, tree: Tree, path: str) -> None:
        self._tree = tree
        self._path = path

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self._path.rpartition("/")[2]

    def iterdir(self) -> Iterator[Resource]:
        """What is in this directory."""
        start = self._path + "/"
        below = [path[len(start) :] for path in self._tree.paths() if path.startswith(start)]
        return map(self.joinpath, sorted({path.partition("/")[0] for path in below}))

    def is_dir(self) -> bool:
        """Whether something is below it."""
        start = self._path + "/"
        return any(path.startswith(start) for path in self._tree.paths())

    def is_file(self) -> bool:
        """Whether it has content."""
        return self._path in self._tree.paths()

    def joinpath(self, *names: str) -> Resource:
        """What is below it under these names, each of which may have several parts."""
        return Resource(self._tree, "/".join((self._path, *names)))

    def __truediv__(self, name: str) -> Resource:
        return self.joinpath(name)

    def read_bytes(self) -> bytes:
        """The content."""
        if not self.is_file():
            raise FileNotFoundError(self._path)
        return self._tree.content(self._path)

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        """The content as text: UTF-8 unless an encoding is named."""
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

    def open(self, mode: str = "r", *args: Any, **named: Any) -> Any:
        """The content as a file."""
        content = io.BytesIO(self.read_bytes())
        return content if "b" in mode else io.TextIOWrapper(content, *args, **named)


class Reader:
    """What a loader gives to `importlib.resources` for one package."""

    def __init__(self, directory: Resource) -> None:
        self._directory = directory

    def files(self) -> Resource:
        """The directory of the package."""
        return self._directory


def reader(tree: Tree, path: str) -> Reader | None:
    """The reader of the package whose directory is `path`, if it has files at all."""
    directory = Resource(tree, path)
    return Reader(directory) if directory.is_dir() else None
