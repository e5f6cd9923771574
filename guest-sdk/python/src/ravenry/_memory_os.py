"""The functions of `open` and `os` over files in memory, put in place of the system's.

Whatever a path or number is not in memory goes to the system's function with the same name.
"""

from __future__ import annotations

import builtins
import errno
import functools
import importlib
import io
import os
import posixpath
import shutil
import tempfile
import time
import tokenize
from collections.abc import Callable
from typing import Any

from ._memory_files import (
    Entries,
    Entry,
    MemoryFiles,
    RawFile,
    buffered,
    flags_of,
    status,
)

SEPARATE = "these are files in memory: they have no links, owners or permissions"
"""What is said of functions that make no sense here."""


def install(files: MemoryFiles) -> None:
    """Makes `open` and `os` find the files in memory. For the life of the process."""
    functions = _PathFunctions(files)
    real_open = builtins.open
    by_name: dict[str, Callable[..., Any]] = {
        name: getattr(os, name) for name in _PATHS + _NUMBERS if hasattr(os, name)
    }
    for name, real in by_name.items():
        own = getattr(functions, name.rstrip("_"))
        setattr(os, name, (_by_path if name in _PATHS else _by_number)(files, own, real))
    for name in ("rename", "replace"):
        setattr(os, name, _renaming(files, getattr(os, name)))
    real_descriptor_open = os.open
    os.open = _opening(files, real_descriptor_open)
    os.getcwd = lambda: files.here
    os.chdir = functions.chdir
    opened = _file_opening(files, real_open)
    builtins.open = io.open = opened
    # Modules are read from files with this one, in `io` and where `importlib` takes it from.
    for module in (io, importlib.import_module("_io")):
        setattr(module, "open_code", functools.partial(opened, mode="rb"))  # noqa: B010
    # These keep functions of their own; `linecache` reads sources with the `open` of `tokenize`.
    setattr(tokenize, "_builtin_open", opened)  # noqa: B010
    setattr(shutil, "_use_fd_functions", False)  # noqa: B010
    importlib.reload(tempfile)


_PATHS = ("stat", "lstat", "listdir", "scandir", "mkdir", "rmdir", "remove", "unlink", "access",
          "utime", "chmod", "truncate", "readlink")  # fmt: skip
"""Functions of `os` whose first argument is a path."""

_NUMBERS = ("close", "read", "write", "lseek", "fstat", "ftruncate", "fsync", "isatty")
"""Functions of `os` whose first argument is the number of an open file."""


class _PathFunctions:
    """What the functions of `os` do with files in memory: given the place, and what was named."""

    def __init__(self, files: MemoryFiles) -> None:
        self.files = files

    def stat(self, whole: str, path: Any, **named: Any) -> os.stat_result:
        return self.files.status(whole, path)

    lstat = stat

    def listdir(self, whole: str, path: Any) -> list[str]:
        return self.files.children(whole, path)

    def scandir(self, whole: str, path: Any) -> Entries:
        shown = os.fsdecode(path)
        return Entries(
            [
                Entry(shown, name, self.files.status(posixpath.join(whole, name), path))
                for name in self.files.children(whole, path)
            ]
        )

    def mkdir(self, whole: str, path: Any, mode: int = 0o777, **named: Any) -> None:
        self.files.make_directory(whole, path)

    def rmdir(self, whole: str, path: Any, **named: Any) -> None:
        self.files.remove_directory(whole, path)

    def remove(self, whole: str, path: Any, **named: Any) -> None:
        self.files.remove(whole, path)

    unlink = remove

    def access(self, whole: str, path: Any, mode: int, **named: Any) -> bool:
        return whole in self.files.nodes

    def utime(self, whole: str, path: Any, times: Any = None, **named: Any) -> None:
        node, ns = self.files.find(whole, path), named.get("ns")
        node.modified = ns[1] / 1e9 if ns else times[1] if times else time.time()

    def chmod(self, whole: str, path: Any, mode: int, **named: Any) -> None:
        self.files.find(whole, path)

    def truncate(self, whole: str, path: Any, length: int) -> None:
        self.files.open_raw(whole, path, os.O_RDWR).truncate(length)

    def readlink(self, whole: str, path: Any, **named: Any) -> str:
        self.files.find(whole, path)
        raise OSError(errno.EINVAL, SEPARATE, path)

    def chdir(self, path: Any) -> None:
        path = _named(path)
        whole = self.files.place(path)
        if whole is None or whole not in self.files.nodes:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        self.files.children(whole, path)
        self.files.here = whole

    # Of open files.

    def close(self, raw: RawFile) -> None:
        self.files.kept(raw.number, forget=True)
        raw.close()

    def read(self, raw: RawFile, size: int) -> bytes:
        return raw.read(size) or b""

    def write(self, raw: RawFile, piece: bytes) -> int:
        return raw.write(piece)

    def lseek(self, raw: RawFile, offset: int, whence: int) -> int:
        return raw.seek(offset, whence)

    def fstat(self, raw: RawFile) -> os.stat_result:
        return status(raw.node)

    def ftruncate(self, raw: RawFile, length: int) -> None:
        raw.truncate(length)

    def fsync(self, raw: RawFile) -> None:
        pass

    def isatty(self, raw: RawFile) -> bool:
        return False


def _named(path: Any) -> Any:
    """What an author names, as errors are to show it: the text of a path, not its object."""
    return path.__fspath__() if hasattr(path, "__fspath__") else path


def _by_path(files: MemoryFiles, own: Callable[..., Any], real: Callable[..., Any]) -> Any:
    def function(path: Any = ".", *args: Any, **named: Any) -> Any:
        raw = files.kept(path)
        if raw is not None and real.__name__ == "stat":
            return status(raw.node)
        path = _named(path)
        whole = files.place(path)
        return real(path, *args, **named) if whole is None else own(whole, path, *args, **named)

    function.__name__ = real.__name__
    return function


def _by_number(files: MemoryFiles, own: Callable[..., Any], real: Callable[..., Any]) -> Any:
    def function(number: Any, *args: Any, **named: Any) -> Any:
        raw = files.kept(number)
        return real(number, *args, **named) if raw is None else own(raw, *args, **named)

    function.__name__ = real.__name__
    return function


def _renaming(files: MemoryFiles, real: Callable[..., Any]) -> Any:
    def function(source: Any, target: Any, **named: Any) -> None:
        source, target = _named(source), _named(target)
        whole, where = files.place(source), files.place(target)
        if whole is None and where is None:
            real(source, target, **named)
        elif whole is None or where is None:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), source, None, target)
        else:
            files.rename((whole, where), (source, target))

    function.__name__ = real.__name__
    return function


def _opening(files: MemoryFiles, real: Callable[..., int]) -> Any:
    def function(path: Any, flags: int, mode: int = 0o777, **named: Any) -> int:
        path = _named(path)
        whole = files.place(path)
        if whole is None:
            return real(path, flags, mode, **named)
        return files.keep(files.open_raw(whole, path, flags))

    function.__name__ = "open"
    return function


def _file_opening(files: MemoryFiles, real: Callable[..., Any]) -> Any:
    def open(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Callable[[Any, int], int] | None = None,
    ) -> Any:
        """Opens a file: in memory below the bot's directory and in `/tmp`; there are no others."""
        file = _named(file)
        number = opener(file, flags_of(mode)) if opener else file
        raw = files.kept(number)
        if raw is None:
            whole = None if opener else files.place(file)
            if whole is None:
                return real(file, mode, buffering, encoding, errors, newline, closefd, opener)
            raw = files.open_raw(whole, file, flags_of(mode))
        elif closefd:
            files.kept(number, forget=True)
        text = (encoding or "utf-8", errors, newline)
        if "b" in mode and (encoding or errors or newline):
            raise ValueError("binary mode doesn't take an encoding argument")
        return buffered(raw, mode, buffering, text)

    return open
