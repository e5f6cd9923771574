"""The gateway's `wasi:keyvalue`, played: what is kept, pages of few keys, and who is faster.

Beside `_fake_wasi`. The classes have the members of the generated bindings.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import _fake_wasi as wasi

#: Keys of one page.
PAGE_KEYS = 2

#: The buckets of the call at hand, by their names.
buckets: dict[str, dict[str, bytes]] = {}

#: What is refused next, with which error.
refusals: list[Any] = []

#: What others do, each before a swap.
others: list[Callable[[], None]] = []

store: Any = ModuleType("wit_world.imports.store")
atomics: Any = ModuleType("wit_world.imports.atomics")
batch: Any = ModuleType("wit_world.imports.batch")


class NoSuchStore:
    """An error."""


class AccessDenied:
    """An error."""


@dataclass
class Other:
    """An error."""

    value: str


@dataclass
class StoreFailed:
    """An error of a swap."""

    value: Any


@dataclass
class CasFailed:
    """An error of a swap."""

    value: Any


@dataclass
class KeyResponse:
    """A page."""

    keys: list[str]
    cursor: str | None


def _refuse() -> None:
    if refusals:
        raise wasi.Err(refusals.pop(0))


class Bucket:
    """A bucket that is open."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def values(self) -> dict[str, bytes]:
        """What is in it; refuses what is to be refused."""
        _refuse()
        return buckets[self.name]

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    def set(self, key: str, value: bytes) -> None:
        assert type(value) is bytes
        self.values[key] = value

    def delete(self, key: str) -> None:
        self.values.pop(key, None)

    def exists(self, key: str) -> bool:
        return key in self.values

    def list_keys(self, cursor: str | None) -> KeyResponse:
        keys = sorted(key for key in self.values if cursor is None or key > cursor)
        page = keys[:PAGE_KEYS]
        return KeyResponse(page, page[-1] if len(keys) > PAGE_KEYS else None)


class Cas:
    """A value that is to be swapped, once."""

    def __init__(self, bucket: Bucket, key: str) -> None:
        self._bucket = bucket
        self._key = key
        self._seen = bucket.get(key)
        self._is_gone = False

    @classmethod
    def new(cls, bucket: Bucket, key: str) -> Cas:
        return cls(bucket, key)

    def current(self) -> bytes | None:
        assert not self._is_gone
        self._seen = self._bucket.get(self._key)
        return self._seen

    def swap(self, value: bytes) -> None:
        """Takes the handle, as the gateway does."""
        assert not self._is_gone
        self._is_gone = True
        if others:
            others.pop(0)()
        if refusals:
            raise wasi.Err(StoreFailed(refusals.pop(0)))
        if self._bucket.get(self._key) != self._seen:
            raise wasi.Err(CasFailed(Cas(self._bucket, self._key)))
        self._bucket.set(self._key, value)


def _open(name: str) -> Bucket:
    _refuse()
    if name not in buckets:
        raise wasi.Err(NoSuchStore())
    return Bucket(name)


def _increment(bucket: Bucket, key: str, delta: int) -> int:
    value = bucket.get(key) or b"0"
    if not value.removeprefix(b"-").isdigit():
        raise wasi.Err(Other("the value is no whole number of 64 bits"))
    total = int(value) + delta
    bucket.set(key, str(total).encode())
    return total


def _get_many(bucket: Bucket, keys: list[str]) -> list[tuple[str, bytes | None]]:
    assert type(keys) is list
    return [(key, bucket.get(key)) for key in keys]


def _set_many(bucket: Bucket, values: list[tuple[str, bytes]]) -> None:
    assert type(values) is list
    for key, value in values:
        bucket.set(key, value)


def _delete_many(bucket: Bucket, keys: list[str]) -> None:
    for key in keys:
        bucket.delete(key)


def install() -> None:
    """Puts this in the place of the generated bindings."""
    store.Error_NoSuchStore, store.Error_AccessDenied = NoSuchStore, AccessDenied
    store.Error_Other, store.Bucket, store.open = Other, Bucket, _open
    atomics.Cas, atomics.increment, atomics.swap = Cas, _increment, Cas.swap
    atomics.CasError_StoreError, atomics.CasError_CasFailed = StoreFailed, CasFailed
    batch.get_many, batch.set_many, batch.delete_many = _get_many, _set_many, _delete_many
    imports: Any = sys.modules["wit_world.imports"]
    for module in (store, atomics, batch):
        setattr(imports, module.__name__.rpartition(".")[2], module)
        sys.modules[module.__name__] = module


def begin() -> None:
    """Forgets all."""
    refusals.clear()
    others.clear()
    buckets.clear()
    buckets.update({"bot": {}, "user": {}, "conversation": {}})
