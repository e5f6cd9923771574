"""A file system in memory, for a component that has none.

`open`, `os`, `pathlib`, `shutil` and `tempfile` find a bot's files in it under their real paths and
can write beside them and in `/tmp`. What is written lives as long as one query. Everything else on
the path of a file is asked of the system, which refuses.
"""

from __future__ import annotations

import errno
import functools
import io
import os
import posixpath
import stat
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol


class Source(Protocol):
    """Where the files come from that are there at the start."""

    def files(self) -> dict[str, int]:
        """All of them, by their absolute path: how many bytes each has."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of one."""
        ...


class Node:
    """The content of a file, whatever its names; or a directory, which has none."""

    def __init__(
        self,
        number: int,
        modified: float,
        is_directory: bool = False,
        size: int = 0,
        load: Callable[[], bytes] | None = None,
    ) -> None:
        self.number = number
        self.is_directory = is_directory
        self.modified = modified
        self._size = size
        self._load = load
        self._data = bytearray()

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self._size if self._load else len(self._data)

    @property
    def data(self) -> bytearray:
        """The bytes; brought here when they are first asked for."""
        if self._load:
            self._data, self._load = bytearray(self._load()), None
        return self._data


class RawFile(io.RawIOBase):
    """An open file, as `io` buffers it."""

    def __init__(self, node: Node, flags: int, name: Any, number: int) -> None:
        super().__init__()
        self.node = node
        self.name = name
        self.number = number
        self._flags = flags
        self._place = 0

    def fileno(self) -> int:
        """Refuses: whoever asks has something in mind that only the system can do."""
        raise io.UnsupportedOperation("a file in memory has no number")

    def readable(self) -> bool:
        """Whether it was opened for reading."""
        return self._flags & os.O_ACCMODE != os.O_WRONLY

    def writable(self) -> bool:
        """Whether it was opened for writing."""
        return self._flags & os.O_ACCMODE != os.O_RDONLY

    def seekable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer from here on, as far as there is something."""
        if not self.readable():
            raise io.UnsupportedOperation("not open for reading")
        piece = self.node.data[self._place : self._place + len(buffer)]
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

    def write(self, piece: Any) -> int:
        """Writes from here on, or at the end of a file that is appended to."""
        if not self.writable():
            raise io.UnsupportedOperation("not open for writing")
        piece = bytes(piece)
        data = self.node.data
        if self._flags & os.O_APPEND:
            self._place = len(data)
        if self._place > len(data):
            data.extend(bytes(self._place - len(data)))
        data[self._place : self._place + len(piece)] = piece
        self._place += len(piece)
        self.node.modified = time.time()
        return len(piece)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes to another place."""
        start = (0, self._place, self.node.size)[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._place = start + offset
        return self._place

    def truncate(self, size: int | None = None) -> int:
        """Makes the file this long."""
        size = self._place if size is None else size
        data = self.node.data
        del data[size:]
        data.extend(bytes(size - len(data)))
        self.node.modified = time.time()
        return size


class Entry:
    """What `os.scandir` gives for each name in a directory."""

    def __init__(self, directory: str, name: str, status: os.stat_result) -> None:
        self.name = name
        self.path = posixpath.join(directory, name)
        self._status = status

    def __fspath__(self) -> str:
        return self.path

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a directory."""
        return stat.S_ISDIR(self._status.st_mode)

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a file."""
        return not self.is_dir()

    def is_symlink(self) -> bool:
        """Never: there are none."""
        return False

    def is_junction(self) -> bool:
        """Never: there are none."""
        return False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Size and times."""
        return self._status

    def inode(self) -> int:
        """The number of the file."""
        return self._status.st_ino


class Entries(Iterator[Entry]):
    """What `os.scandir` returns."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = iter(entries)

    def __next__(self) -> Entry:
        return next(self._entries)

    def __enter__(self) -> Entries:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends it early."""
        self._entries = iter(())


FIRST_NUMBER = 1 << 20
"""Numbers of open files start here: far above those of the system."""


class MemoryFiles:
    """Directories and files by their absolute path, and the functions of `os` for them.

    What comes from a source is listed when something is first looked for, and read when it is first
    used. Paths outside `/tmp` and the directories that `attach` and `enter` name are not in here, but
    `mounts` may say that an absolute path leads there.
    """

    def __init__(self) -> None:
        self.roots: tuple[str, ...] = ("/tmp",)
        self.here = "/"
        self.mounts: Callable[[], Iterator[tuple[str, str]]] = lambda: iter(())
        self._attached: list[tuple[str, Source]] = []
        self._unlisted: list[tuple[str, Source]] = []
        self._open: dict[int, RawFile] = {}
        self._count = FIRST_NUMBER
        self._nodes = {"/tmp": self._node(0.0, is_directory=True)}

    def attach(self, root: str, source: Source) -> None:
        """Adds a directory with the files of `source`, whatever is entered later."""
        self._attached.append((root, source))

    def enter(self, root: str, here: str, source: Source) -> None:
        """Adds a directory with the files of `source`, and makes `here` the working directory."""
        self._unlisted = [*self._attached, (root, source)]
        self.roots = ("/tmp", *(above for above, _ in self._unlisted))
        self.here = here

    def place(self, path: Any) -> str | None:
        """The absolute path in here of what an author names; `None` where it is not in here."""
        if isinstance(path, int):
            return None
        path = os.fsdecode(path)
        whole = posixpath.normpath(posixpath.join(self.here, path))
        for remote, local in self.mounts():
            if whole == remote or whole.startswith(remote + "/"):
                whole = posixpath.normpath(posixpath.join(self.here, local + whole[len(remote) :]))
                break
        inside = any(whole == root or whole.startswith(root + "/") for root in self.roots)
        return whole if inside else None

    @property
    def is_listed(self) -> bool:
        """Whether anything was looked for since a directory was entered."""
        return not self._unlisted

    @property
    def nodes(self) -> dict[str, Node]:
        """Everything there is."""
        if not self._unlisted:
            return self._nodes
        start = self._nodes["/tmp"].modified = time.time()
        while self._unlisted:
            root, source = self._unlisted.pop()
            if root not in self._nodes:
                self._nodes[root] = self._node(start, is_directory=True)
            for path, size in source.files().items():
                above = posixpath.dirname(path)
                while above not in self._nodes and above != "/":
                    self._nodes[above] = self._node(start, is_directory=True)
                    above = posixpath.dirname(above)
                load = functools.partial(source.read, path)
                self._nodes[path] = self._node(start, size=size, load=load)
        return self._nodes

    def _node(self, modified: float, **members: Any) -> Node:
        self._count += 1
        return Node(self._count, modified, **members)

    def _names_changed(self, whole: str) -> None:
        """Notes that a directory has got a name, or lost it."""
        above = self._nodes.get(posixpath.dirname(whole))
        if above is not None:
            above.modified = time.time()

    def find(self, whole: str, path: Any) -> Node:
        """The file or directory at a place; an error names it as the author did."""
        if whole not in self.nodes:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return self.nodes[whole]

    def children(self, whole: str, path: Any) -> list[str]:
        """The names in a directory."""
        if not self.find(whole, path).is_directory:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        start = len(whole) + 1
        return sorted(p[start:] for p in self.nodes if posixpath.dirname(p) == whole)

    def status(self, whole: str, path: Any) -> os.stat_result:
        """What `os.stat` says of a place."""
        return status(self.find(whole, path))

    def open_raw(self, whole: str, path: Any, flags: int) -> RawFile:
        """Opens a file with the flags of `os.open`."""
        node = self.nodes.get(whole)
        above = self.nodes.get(posixpath.dirname(whole))
        if node is not None:
            if node.is_directory:
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
            if flags & os.O_CREAT and flags & os.O_EXCL:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        elif flags & os.O_CREAT and above is not None and above.is_directory:
            node = self.nodes[whole] = self._node(time.time())
            self._names_changed(whole)
        if node is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        if flags & os.O_TRUNC:
            node.data.clear()
            node.modified = time.time()
        self._count += 1
        return RawFile(node, flags, path, self._count)

    def keep(self, raw: RawFile) -> int:
        """Keeps an open file under its number, for `os.read` and its kin."""
        self._open[raw.number] = raw
        return raw.number

    def kept(self, number: Any, *, forget: bool = False) -> RawFile | None:
        """The open file of a number, if it is one of ours."""
        if not isinstance(number, int):
            return None
        return self._open.pop(number, None) if forget else self._open.get(number)

    def make_directory(self, whole: str, path: Any) -> None:
        """Makes a directory in one that is there."""
        if whole in self.nodes:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        self.find(posixpath.dirname(whole), path)
        self.nodes[whole] = self._node(time.time(), is_directory=True)
        self._names_changed(whole)

    def remove(self, whole: str, path: Any) -> None:
        """Removes the name of a file; whoever has it open keeps it."""
        if self.find(whole, path).is_directory:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        del self.nodes[whole]
        self._names_changed(whole)

    def remove_directory(self, whole: str, path: Any) -> None:
        """Removes a directory that is empty."""
        if self.children(whole, path):
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), path)
        del self.nodes[whole]
        self._names_changed(whole)

    def rename(self, places: tuple[str, str], paths: tuple[Any, Any]) -> None:
        """Gives a file, or a directory with all in it, another name: from where, and to where."""
        whole, target = places
        if whole not in self.nodes or posixpath.dirname(target) not in self.nodes:
            raise FileNotFoundError(
                errno.ENOENT, os.strerror(errno.ENOENT), paths[0], None, paths[1]
            )
        moved = [p for p in self.nodes if p == whole or p.startswith(whole + "/")]
        for p in moved:
            self.nodes[target + p[len(whole) :]] = self.nodes.pop(p)
        for place in places:
            self._names_changed(place)


def status(node: Node) -> os.stat_result:
    """What `os.stat` says of a file or directory."""
    mode = stat.S_IFDIR | 0o755 if node.is_directory else stat.S_IFREG | 0o644
    # Three times each: as whole seconds, as seconds, and in nanoseconds.
    when = node.modified
    times = [*[int(when)] * 3, *[when] * 3, *[round(when * 1e9)] * 3]
    return os.stat_result((mode, node.number, 1, 1, 0, 0, node.size, *times))


def buffered(raw: RawFile, mode: str, buffering: int, text: tuple[Any, Any, Any]) -> Any:
    """An open file as `open` gives it."""
    if buffering == 0:
        if "b" not in mode:
            raise ValueError("can't have unbuffered text I/O")
        return raw
    size = buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE
    file: Any
    if "+" in mode:
        file = io.BufferedRandom(raw, size)
    elif "r" in mode:
        file = io.BufferedReader(raw, size)
    else:
        file = io.BufferedWriter(raw, size)
    if "b" in mode:
        return file
    file = io.TextIOWrapper(file, *text, line_buffering=buffering == 1)
    file.mode = mode
    return file


FLAGS = {
    "r": os.O_RDONLY,
    "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "x": os.O_WRONLY | os.O_CREAT | os.O_EXCL,
    "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
}
"""What the letters of `open` mean."""


def flags_of(mode: str) -> int:
    """The flags of `os.open` for a mode of `open`."""
    letters = [letter for letter in mode if letter in FLAGS]
    if len(letters) != 1 or set(mode) - set("rwxabt+") or {"b", "t"} <= set(mode):
        raise ValueError(f"invalid mode: {mode!r}")
    flags = FLAGS[letters[0]]
    return flags & ~(os.O_RDONLY | os.O_WRONLY) | os.O_RDWR if "+" in mode else flags

