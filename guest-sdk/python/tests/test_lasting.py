"""Objects that last as long as the interpreter: which they are, and how a component is told."""

import json
import struct
import sys
import tempfile
import unittest
from array import array
from pathlib import Path
from types import FunctionType

from test_build import lasting, packages

from ravenry import _heap


def number(value: int) -> bytes:
    """LEB128."""
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + number(rest) if rest else bytes([low])


def section(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + number(len(content)) + content


def component(*pieces: tuple[int, bytes]) -> bytes:
    """A component with a module in a component in it, whose memory begins with these."""
    entries = [b"\1\3abc"]  # Copied when the module asks for it: at no address.
    entries += [b"\0\x41" + number(at) + b"\x0b" + number(len(data)) + data for at, data in pieces]
    data = number(len(entries)) + b"".join(entries)
    module = b"\0asm\1\0\0\0" + section(0, b"\4name") + section(11, data)
    inner = b"\0asm\x0d\0\1\0" + section(1, module)
    return b"\0asm\x0d\0\1\0" + section(0, b"\1x") + section(4, inner)


def thing(count: int, kind: int) -> bytes:
    return struct.pack("<II", count, kind)


class MarkTest(unittest.TestCase):
    def marked(self, whole: bytes, *places: int) -> bytes:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "made.wasm"
            path.write_bytes(whole)
            lasting.mark(path, array("Q", places).tobytes())
            return path.read_bytes()

    def test_the_count_of_each_object_is_set_and_nothing_else(self) -> None:
        before = thing(3, 700) + b"some" + thing(1, 900)
        after = thing(5 << 28, 700) + b"some" + thing(5 << 28, 900)
        far = (200_000, thing(2, 700))
        whole = component((1024, before), far)
        marked = self.marked(whole, 1024, 700, 1036, 900)
        self.assertEqual(marked, component((1024, after), far))

    def test_what_has_gone_since_stays_as_it_is(self) -> None:
        objects = b"".join(thing(1, 700) for _ in range(200))
        whole = component((1024, objects + thing(1, 701) + thing(0, 700)))
        places = [one for at in range(1024, 1024 + 8 * 200, 8) for one in (at, 700)]
        marked = self.marked(whole, *places, 1024 + 8 * 200, 700, 1024 + 8 * 201, 700)
        self.assertTrue(marked.endswith(thing(5 << 28, 700) + thing(1, 701) + thing(0, 700)))

    def test_a_component_of_another_shape_is_refused(self) -> None:
        for whole in (component((1024, thing(1, 701))), component((4096, thing(1, 700)))):
            with self.assertRaisesRegex(packages.Problem, "0 of 1 objects"):
                self.marked(whole, 1024, 700)


class LastingTest(unittest.TestCase):
    def test_what_hangs_on_modules_lasts_and_nothing_else(self) -> None:
        passing = ["of this test"]
        found = array("Q")
        found.frombytes(_heap.lasting())
        places = dict(zip(found[::2], found[1::2], strict=True))
        code = json.loads.__code__
        for one in (json, json.loads, code, code.co_consts, json.JSONDecodeError, vars(str)["join"]):
            if not getattr(sys, "_is_immortal", lambda one: False)(one):
                self.assertEqual(places.get(id(one)), id(type(one)), one)
        self.assertNotIn(id(passing), places)
        self.assertIn(id(FunctionType), places.values())


if __name__ == "__main__":
    unittest.main()
