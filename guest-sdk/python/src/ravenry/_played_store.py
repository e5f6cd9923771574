"""The store that a test plays: in memory, by the rules of the gateway. Nothing in it expires."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import _backend
from ._played_knowledge import Knowledge
from .failure import NoSuchStore, StoreError
from .store import Bucket

#: Bytes of a key and of a value, as by default in the gateway.
_KEY_BYTES_MAX, _VALUE_BYTES_MAX = 1_024, 1 << 20

#: Keys and bytes of values in one call.
_BATCH_KEYS_MAX, _BATCH_BYTES_MAX = 256, 4 << 20

#: What all keys and values of a bot may have, and how many there may be.
_BYTES_MAX, _ENTRIES_MAX = 64 << 20, 100_000

#: What an entry counts besides its key, its value and whose it is.
_ENTRY_BYTES = 128

#: Keys of one page.
_PAGE_KEYS = 1_000

#: Numbers that fit into 64 bits.
_NUMBERS = range(-(2**63), 2**63)

#: How the gateway reads a number.
_NUMBER = re.compile(rb"[+-]?[0-9]+")

#: What a cursor of ours begins with.
_CURSOR = "behind "


@dataclass(frozen=True, slots=True)
class _Entry:
    """A value, and the number of the write that it came from."""

    value: bytes
    write: int


class Store:
    """What a bot remembers in a test: set before in `Scene(store=…)`, looked at after in
    `Transcript.store`.

        store = testing.Store()
        store.user("anna")["likes"] = ["milk", "tea"]
        store.bot()["visits"] = 3

    A query that is made of a text is asked by the person `user` in the conversation `conversation`,
    and these are what is meant without a name. The bounds are those that a gateway has by default.
    Nothing expires, and nobody waits for a turn.
    """

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str], dict[str, _Entry]] = {}
        self._writes = 0
        self._count = 0
        self._bytes = 0

    def __repr__(self) -> str:
        buckets = {
            f"{name} {owner}".rstrip(): {key: entry.value for key, entry in entries.items()}
            for (name, owner), entries in self._buckets.items()
        }
        return f"<store {buckets!r:.1000}>"

    def _values(self) -> dict[tuple[str, str, str], bytes]:
        return {
            (*bucket, key): entry.value
            for bucket, entries in self._buckets.items()
            for key, entry in entries.items()
        }

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if isinstance(other, Store) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def copy(self) -> Store:
        """Another one with the same values."""
        other = Store()
        other._buckets = {bucket: dict(entries) for bucket, entries in self._buckets.items()}
        other._writes, other._count, other._bytes = self._writes, self._count, self._bytes
        return other

    def bot(self) -> Bucket:
        """What is kept for the bot."""
        return Bucket("bot", self.opened("bot", ""))

    def user(self, user_id: str = "user") -> Bucket:
        """What is kept for this person."""
        return Bucket("user", self.opened("user", user_id))

    def conversation(self, conversation_id: str = "conversation") -> Bucket:
        """What is kept for this conversation."""
        return Bucket("conversation", self.opened("conversation", conversation_id))

    def opened(self, name: str, owner: str) -> _backend.StoreBucket:
        """A bucket, as a bot opens it."""
        return _PlayedBucket(self, name, owner)

    def entries(self, name: str, owner: str) -> dict[str, _Entry]:
        """What is in a bucket."""
        return self._buckets.setdefault((name, owner), {})

    def write(self, name: str, owner: str, values: Mapping[str, bytes]) -> None:
        """Sets these values, all or none: `StoreError` where that would be too much."""
        entries = self.entries(name, owner)
        count = size = 0
        for key, value in values.items():
            if len(key.encode()) > _KEY_BYTES_MAX:
                raise StoreError("other", f"a key has at most {_KEY_BYTES_MAX} bytes")
            if len(value) > _VALUE_BYTES_MAX:
                raise StoreError("other", f"a value has at most {_VALUE_BYTES_MAX} bytes")
            size += _size(owner, key, value)
            old = entries.get(key)
            count += old is None
            size -= 0 if old is None else _size(owner, key, old.value)
        for more, now, most, what in (
            (count, self._count, _ENTRIES_MAX, "entries"),
            (size, self._bytes, _BYTES_MAX, "bytes"),
        ):
            if more > 0 and now + more > most:
                raise StoreError(
                    "full", f"the store is full: no more than {most} {what} of the bot are kept"
                )
        self._count += count
        self._bytes += size
        for key, value in values.items():
            self._writes += 1
            entries[key] = _Entry(value, self._writes)

    def remove(self, name: str, owner: str, keys: Sequence[str]) -> None:
        """Removes these keys, where they are there."""
        for key in keys:
            entry = self.entries(name, owner).pop(key, None)
            if entry is not None:
                self._count -= 1
                self._bytes -= _size(owner, key, entry.value)


def _size(owner: str, key: str, value: bytes) -> int:
    return len(owner.encode()) + len(key.encode()) + len(value) + _ENTRY_BYTES


class Owners:
    """Whose buckets and collections there are in a call: those of a person and a conversation
    where it names them."""

    def __init__(
        self, store: Store, knowledge: Knowledge, user_id: str = "", conversation_id: str = ""
    ) -> None:
        self._store = store
        self._knowledge = knowledge
        self._owners = {"user": user_id, "conversation": conversation_id}

    def open(self, name: str) -> _backend.StoreBucket:
        """Opens a bucket; `NoSuchStore` where the call does not have it."""
        owner = self._owners.get(name, "")
        if not owner and name != "bot":
            raise NoSuchStore(name)
        return self._store.opened(name, owner)

    def collection(self, name: str) -> _backend.KnowledgeCollection:
        """A collection; `NoSuchCollection` where the call does not have it."""
        return self._knowledge.opened(name, self._owners["user"])


class _PlayedBucket:
    """A bucket that is open."""

    def __init__(self, store: Store, name: str, owner: str) -> None:
        self._store = store
        self._name = name
        self._owner = owner

    @property
    def entries(self) -> dict[str, _Entry]:
        """What is in it."""
        return self._store.entries(self._name, self._owner)

    def get(self, key: str) -> bytes | None:
        """The value."""
        entry = self.entries.get(key)
        return None if entry is None else entry.value

    def set(self, key: str, value: bytes) -> None:
        """Sets the value."""
        self._store.write(self._name, self._owner, {key: value})

    def delete(self, key: str) -> None:
        """Removes key and value."""
        self._store.remove(self._name, self._owner, [key])

    def exists(self, key: str) -> bool:
        """Whether there is a value."""
        return self.get(key) is not None

    def list_keys(self, cursor: str | None) -> tuple[Sequence[str], str | None]:
        """Some of the keys, in the order of their bytes."""
        keys = sorted(self.entries, key=str.encode)
        if cursor is not None:
            if not cursor.startswith(_CURSOR):
                raise StoreError("other", "there is no such cursor")
            last = cursor.removeprefix(_CURSOR).encode()
            keys = [key for key in keys if key.encode() > last]
        page = keys[:_PAGE_KEYS]
        return page, _CURSOR + page[-1] if len(keys) > len(page) else None

    def increment(self, key: str, delta: int) -> int:
        """Adds to a number."""
        value = self.get(key)
        before = 0
        if value is not None:
            is_number = _NUMBER.fullmatch(value) and len(value) < _KEY_BYTES_MAX
            if not is_number or int(value) not in _NUMBERS:
                raise StoreError("other", "the value is no whole number of 64 bits")
            before = int(value)
        if before + delta not in _NUMBERS:
            raise StoreError("other", "the sum does not fit into 64 bits")
        self.set(key, str(before + delta).encode())
        return before + delta

    def look(self, key: str) -> _backend.StoreCas:
        """Looks at a value that is to be swapped."""
        return _PlayedCas(self, key)

    def get_many(self, keys: Sequence[str]) -> Sequence[tuple[str, bytes | None]]:
        """These keys and their values."""
        _check_count(keys)
        found = [(key, self.get(key)) for key in keys]
        _check_bytes({key: value or b"" for key, value in found})
        return found

    def set_many(self, values: Sequence[tuple[str, bytes]]) -> None:
        """Sets these values."""
        _check_count([key for key, _ in values])
        _check_bytes(dict(values))
        self._store.write(self._name, self._owner, dict(values))

    def delete_many(self, keys: Sequence[str]) -> None:
        """Removes these keys and their values."""
        _check_count(keys)
        self._store.remove(self._name, self._owner, keys)


def _check_count(keys: Sequence[str]) -> None:
    if len(keys) > _BATCH_KEYS_MAX:
        raise StoreError("other", f"at most {_BATCH_KEYS_MAX} keys are taken at once")


def _check_bytes(values: Mapping[str, bytes]) -> None:
    if sum(map(len, values.values())) > _BATCH_BYTES_MAX:
        raise StoreError(
            "other", f"the values of one call have at most {_BATCH_BYTES_MAX} bytes together"
        )


class _PlayedCas:
    """A value that is to be swapped, if it is still what it was when it was looked at."""

    def __init__(self, bucket: _PlayedBucket, key: str) -> None:
        self._bucket = bucket
        self._key = key
        #: Which write the value came from; `None` where there was none.
        self._write: int | None = None
        self.current()

    def _found(self) -> tuple[bytes | None, int | None]:
        entry = self._bucket.entries.get(self._key)
        return (None, None) if entry is None else (entry.value, entry.write)

    def current(self) -> bytes | None:
        """What it is now."""
        value, self._write = self._found()
        return value

    def swap(self, value: bytes) -> _backend.StoreCas | None:
        """Sets the value; where another was faster, what there is now."""
        if self._found()[1] != self._write:
            return _PlayedCas(self._bucket, self._key)
        self._bucket.set(self._key, value)
        return None
