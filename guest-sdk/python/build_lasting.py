"""Marks the objects in a component's memory that last as long as the interpreter in it.

CPython leaves objects alone whose count of references is above a limit: it neither counts them nor
frees them (PEP 683). What a snapshot holds is shared by all queries until one writes to it; counting
would be writing. Python has no way to say so of itself, so it is said in the finished component, in
the data that its memory begins with.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from build_packages import Problem

IMMORTAL = 5 << 28
"""`_Py_IMMORTAL_INITIAL_REFCNT` of a CPython of 32 bits, in `Include/refcount.h` of 3.14."""

COUNT_MAX = 1 << 24
"""More references than an object of a build can have: a number above is none."""

SHARE_MIN = 0.99
"""How many of the objects must be found: a few may go between the list and the end of a build."""

OBJECT = struct.Struct("<II")
"""What each object begins with: the count of its references, and its type."""

MODULE, COMPONENT, DATA = 1, 4, 11
"""Sections: of a component a module and a component, of a module its data."""


def mark(component: Path, lasting: bytes) -> None:
    """Marks the objects that `ravenry._heap.lasting` names."""
    content = bytearray(component.read_bytes())
    pieces = sorted(data(content, 0, len(content)))
    starts = [start for start, _, _ in pieces]
    numbers = array("Q")
    numbers.frombytes(lasting)
    marked = 0
    for address, kind in zip(numbers[::2], numbers[1::2], strict=True):
        start, size, place = pieces[max(0, bisect_right(starts, address) - 1)]
        if not start <= address <= start + size - OBJECT.size:
            continue
        place += address - start
        count, found = OBJECT.unpack_from(content, place)
        # Where an object has gone since, something else may be in its place.
        if found == kind and 0 < count < COUNT_MAX:
            OBJECT.pack_into(content, place, IMMORTAL, kind)
            marked += 1
    if marked * 2 < len(numbers) * SHARE_MIN:
        raise Problem(
            f"{marked} of {len(numbers) // 2} objects were found in the component: it is not laid"
            " out as expected"
        )
    component.write_bytes(content)


def data(content: bytearray, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The pieces of data of all modules in a component: address, size, and place in the file."""
    for kind, place, below in sections(content, start, end):
        if kind == MODULE:
            yield from of_module(content, place, below)
        elif kind == COMPONENT:
            yield from data(content, place, below)


def of_module(content: bytearray, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The same of one module."""
    for kind, place, _ in sections(content, start, end):
        if kind == DATA:
            count, at = unsigned(content, place)
            for _ in range(count):
                address, at = where(content, at)
                length, at = unsigned(content, at)
                if address is not None:
                    yield address, length, at
                at += length


def sections(content: bytearray, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The sections of a module or component: what they are, where they begin and end."""
    place = start + 8
    while place < end:
        kind = content[place]
        size, place = unsigned(content, place + 1)
        yield kind, place, place + size
        place += size


def where(content: bytearray, place: int) -> tuple[int | None, int]:
    """The address of a piece of data, if it is a number; and where its length stands."""
    flag, place = unsigned(content, place)
    if flag == 1:
        return None, place
    if flag == 2:
        _, place = unsigned(content, place)
    if content[place] != 0x41:  # i32.const
        return None, content.index(0x0B, place) + 1
    address, place = unsigned(content, place + 1)
    return address, place + 1


def unsigned(content: bytearray, place: int) -> tuple[int, int]:
    """A number in LEB128, and where the next thing stands."""
    value = shift = 0
    while True:
        byte = content[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, place
