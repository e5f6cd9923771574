"""What a bot remembers, through the gateway."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from componentize_py_types import Err
from wit_world.imports import atomics, batch
from wit_world.imports import store as gateway

from . import _backend
from .failure import NoSuchStore, StoreError


def _error(error: gateway.Error, name: str) -> StoreError:
    if isinstance(error, gateway.Error_NoSuchStore):
        return NoSuchStore(name)
    if isinstance(error, gateway.Error_AccessDenied):
        return StoreError("access-denied", "the bucket may not be used")
    return StoreError.said(error.value)


class WasiCas:
    """A value that is to be swapped, on the gateway's side."""

    def __init__(self, cas: atomics.Cas, name: str) -> None:
        self._cas = cas
        self._name = name

    def current(self) -> bytes | None:
        """What it is now."""
        try:
            return self._cas.current()
        except Err as error:
            refused = _error(error.value, self._name)
        raise refused

    def swap(self, value: bytes) -> _backend.StoreCas | None:
        """Sets the value; where another was faster, what there is now."""
        try:
            atomics.swap(self._cas, value)
        except Err as error:
            why = error.value
        else:
            return None
        if isinstance(why, atomics.CasError_CasFailed):
            return WasiCas(why.value, self._name)
        raise _error(why.value, self._name)


class WasiBucket:
    """A bucket, on the gateway's side."""

    def __init__(self, bucket: gateway.Bucket, name: str) -> None:
        self._bucket = bucket
        self._name = name

    def _asked(self, call: Callable[..., Any], *values: Any) -> Any:
        """Calls the gateway, and raises its refusals as a `StoreError`."""
        try:
            return call(*values)
        except Err as error:
            refused = _error(error.value, self._name)
        raise refused

    def get(self, key: str) -> bytes | None:
        """The value."""
        return self._asked(self._bucket.get, key)

    def set(self, key: str, value: bytes) -> None:
        """Sets the value."""
        self._asked(self._bucket.set, key, value)

    def delete(self, key: str) -> None:
        """Removes key and value."""
        self._asked(self._bucket.delete, key)

    def exists(self, key: str) -> bool:
        """Whether there is a value."""
        return self._asked(self._bucket.exists, key)

    def list_keys(self, cursor: str | None) -> tuple[Sequence[str], str | None]:
        """Some of the keys."""
        page = self._asked(self._bucket.list_keys, cursor)
        return page.keys, page.cursor

    def increment(self, key: str, delta: int) -> int:
        """Adds to a number."""
        return self._asked(atomics.increment, self._bucket, key, delta)

    def look(self, key: str) -> _backend.StoreCas:
        """Looks at a value that is to be swapped."""
        return WasiCas(self._asked(atomics.Cas.new, self._bucket, key), self._name)

    def get_many(self, keys: Sequence[str]) -> Sequence[tuple[str, bytes | None]]:
        """These keys and their values."""
        return self._asked(batch.get_many, self._bucket, keys)

    def set_many(self, values: Sequence[tuple[str, bytes]]) -> None:
        """Sets these values."""
        self._asked(batch.set_many, self._bucket, values)

    def delete_many(self, keys: Sequence[str]) -> None:
        """Removes these keys and their values."""
        self._asked(batch.delete_many, self._bucket, keys)


class WasiStore:
    """The part of a `Backend` that is about what a bot remembers."""

    def open_bucket(self, name: str) -> _backend.StoreBucket:
        """Opens a bucket."""
        try:
            return WasiBucket(gateway.open(name), name)
        except Err as error:
            refused = _error(error.value, name)
        raise refused
