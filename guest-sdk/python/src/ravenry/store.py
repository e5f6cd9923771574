"""What a bot remembers: values under keys that outlive the query.

    from ravenry import store

    notes = store.user().update("notes", lambda notes: [*notes, "buy milk"], default=[])
    questions = store.bot().increment("questions")

`bot()` has one bucket for the bot, `user()` one for each person, `conversation()` one for each
conversation. Whose it is comes from the query or report at hand: a bot can neither name nor reach
another person's. In `settings` there is only `bot()`; where a query has no person or no
conversation, the error is `NoSuchStore`.

**Values are JSON**, a text too (`"milk"`, with its quotes): other programs that read the store, and
bots in other languages, find JSON there. What comes back is what JSON makes of it: lists for
tuples, texts for the keys of a `dict`. `increment` keeps decimal text, which `get` reads as a
number; `get_bytes` and `set_bytes` keep any bytes as they are.

**Who else writes.** Two messages can be answered at once, each by an instance of its own. A `get`
with a `set` behind it then loses one of two changes. `update` and `increment` lose none; `set_many`
and `delete_many` change everything that they name at one moment.

**How safe, how much, how long.** A write that has returned is kept, whatever happens to the machine
afterwards. By default a value has 1 MiB at most, a key 1,024 bytes, all keys and values of a bot 64
MiB together in 100,000 keys; one call for several has 256 keys and 4 MiB of values. What would be
more is a `StoreError`, and changes nothing: of the kind `full` where it is all keys and values
together, else `other`. 1,000 operations begin per second, and more wait for
their turn. The gateway's operator chooses these numbers, and the bot's manifest how long values
stay.

All functions are plain. Waiting for the store costs no computing time, but it is not awaited:
other tasks of the same query stand still for that long, which is some milliseconds.

Native tests have a store in memory, by the same rules; see `ravenry.testing.Store`.
"""

from __future__ import annotations

import copy
import json
import operator
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar, overload

from . import _backend, _text
from .failure import NoSuchStore, StoreError

__all__ = ["Bucket", "NoSuchStore", "StoreError", "bot", "conversation", "user"]

_T = TypeVar("_T")

#: How often `update` tries. Each time another was faster, so somebody's change was kept.
_ATTEMPTS_MAX = 16

#: Seconds that `update` waits before its third attempt, at most; each time twice as long, up to the
#: second number. All who try at the same moment stay in each other's way: this spreads them, until
#: each has room to read and write undisturbed.
_PAUSE, _PAUSE_MAX = 0.008, 1.0

#: Numbers that fit into 64 bits.
_NUMBERS = range(-(2**63), 2**63)

#: Unlike what is sent to the platform, what is kept must come back as it was: nothing is made to
#: fit.
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_text._to_json
)


def bot() -> Bucket:
    """What this bot remembers for all who use it."""
    return Bucket("bot")


def user() -> Bucket:
    """What this bot remembers of the person of the query or report at hand."""
    return Bucket("user")


def conversation() -> Bucket:
    """What this bot remembers of the conversation of the query or report at hand."""
    return Bucket("conversation")


class Bucket:
    """Values under keys, with the brackets of a `dict`; see `bot`, `user` and `conversation`.

        bucket = store.user()
        bucket["city"] = "Basel"
        if "city" in bucket:
            reply.text(bucket["city"])
        del bucket["city"]

    Cheap to make: it is opened by its first use, which is also where `NoSuchStore` is raised. Keys
    are any text of at most 1,024 bytes. Each function, each use of brackets and each `in` is one
    operation, `del` is two. Everything raises `StoreError` where a limit is passed (`full`, or
    `other` where it is one of a single key, value or call) or the database does not answer
    (`unavailable`), and `TypeError` or `ValueError`, as `json.dumps` does, where a value cannot be
    JSON.
    """

    def __init__(self, name: str, given: _backend.StoreBucket | None = None) -> None:
        self._name = name
        self._given = given
        # With the world that it was opened in: in native tests there are many.
        self._opened: tuple[_backend.Backend, _backend.StoreBucket] | None = None

    def __repr__(self) -> str:
        return f"<bucket {self._name!r}>"

    @property
    def _bucket(self) -> _backend.StoreBucket:
        if self._given is not None:
            return self._given
        world = _backend.current
        if self._opened is None or self._opened[0] is not world:
            self._opened = world, world.open_bucket(self._name)
        return self._opened[1]

    @overload
    def get(self, key: str) -> Any: ...
    @overload
    def get(self, key: str, default: _T) -> Any | _T: ...
    def get(self, key: str, default: Any = None) -> Any:
        """The value, read from JSON; `default` where there is none.

        `StoreError` (`not-json`) where it is no JSON.
        """
        value = self.get_bytes(key)
        return default if value is None else _read(key, value)

    def get_bytes(self, key: str) -> bytes | None:
        """The value as its bytes; `None` where there is none."""
        value = self._bucket.get(_text.whole(key))
        return None if value is None else bytes(value)

    def set(self, key: str, value: Any) -> None:
        """Sets the value, as JSON, whatever it was."""
        self._bucket.set(_text.whole(key), _written(value))

    def set_bytes(self, key: str, value: bytes | bytearray | memoryview) -> None:
        """Sets the value to these bytes, whatever it was."""
        # Not `bytes(value)`, which would make some of a number too.
        self._bucket.set(_text.whole(key), memoryview(value).tobytes())

    def delete(self, key: str) -> None:
        """Removes key and value. It is no error if there is none."""
        self._bucket.delete(_text.whole(key))

    def __contains__(self, key: str) -> bool:
        return self._bucket.exists(_text.whole(key))

    def __getitem__(self, key: str) -> Any:
        value = self.get_bytes(key)
        if value is None:
            raise KeyError(key)
        return _read(key, value)

    def __setitem__(self, key: str, value: Any) -> None:
        self.set(key, value)

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self.delete(key)

    def __iter__(self) -> Iterator[str]:
        return self.keys()

    def keys(self) -> Iterator[str]:
        """All keys, in the order of their bytes, asked for as they are taken: 1,000 at a time.

        A key that is there all the while comes once; one that is set or deleted meanwhile comes or
        does not.
        """
        cursor: str | None = None
        while True:
            keys, cursor = self._bucket.list_keys(cursor)
            yield from keys
            # A page can be empty and not the last.
            if cursor is None:
                return

    def increment(self, key: str, by: int = 1) -> int:
        """Adds to a number and returns the sum, at one moment: nothing that others add meanwhile is
        lost. What is not there counts as 0.

        `StoreError` where the value is no whole number, or the sum has more than 64 bits. The value
        stays as it was.
        """
        number = operator.index(by)
        if number not in _NUMBERS:
            raise ValueError(f"`by` has more than 64 bits: {by}")
        return self._bucket.increment(_text.whole(key), number)

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """Those of these keys that there are, with their values as of one moment, in this order. At
        most 256 keys.

        `StoreError` (`not-json`) where one of the values is no JSON.
        """
        found = self._bucket.get_many(_keys(keys))
        return {key: _read(key, value) for key, value in found if value is not None}

    def set_many(self, values: Mapping[str, Any]) -> None:
        """Sets these values, as JSON: all of them at one moment, or none. At most 256 keys and 4
        MiB."""
        self._bucket.set_many(
            [(_text.whole(key), _written(value)) for key, value in values.items()]
        )

    def delete_many(self, keys: Iterable[str]) -> None:
        """Removes these keys and their values, all at one moment. At most 256 keys."""
        self._bucket.delete_many(_keys(keys))

    def update(self, key: str, function: Callable[[Any], _T], default: Any = None) -> _T:
        """Makes a new value of the old one, sets it, and returns it.

            store.conversation().update("names", lambda names: [*names, "Ann"], default=[])

        Where another changes the value meanwhile, nothing is lost: `function` is called again, with
        what there is then. So it should do nothing but make the value. Where there is none it gets
        a copy of `default`. What it raises is passed on, and nothing is set. `None` is refused:
        mostly a `return` is missing.

        After 16 attempts in which another was faster, with pauses that grow to a second, it is
        given up with a `StoreError` (`unavailable`), and nothing was set.
        """
        key = _text.whole(key)
        cas = self._bucket.look(key)
        for attempt in range(_ATTEMPTS_MAX):
            if attempt > 1:
                pause = min(_PAUSE * 2 ** (attempt - 2), _PAUSE_MAX)
                _backend.current.sleep(pause * random.random())
            old = cas.current()
            new = function(copy.deepcopy(default) if old is None else _read(key, old))
            if new is None:
                raise TypeError("the function of `update` returns the new value, not `None`")
            faster = cas.swap(_written(new))
            if faster is None:
                return new
            cas = faster
        why = f"{_text.dumps(key)} was changed by others during each of {_ATTEMPTS_MAX} attempts"
        raise StoreError("unavailable", why)


def _keys(keys: Iterable[str]) -> list[str]:
    if isinstance(keys, str):
        raise TypeError(f"several keys are a list of texts, not the text {keys!r:.200}")
    return [_text.whole(key) for key in keys]


def _written(value: Any) -> bytes:
    return _text.whole(_ENCODER.encode(value)).encode()


def _read(key: str, value: bytes) -> Any:
    try:
        return _text.loads(str(value, "utf-8"))
    except (ValueError, RecursionError) as error:
        why = f"the value of {_text.dumps(key)} is not the JSON that is expected: {error}"
    raise StoreError("not-json", why)
