"""JSON that is nested too deep for the stack of a component: an error that can be caught."""

import json
import unittest
from unittest import mock

from ravenry import _json_depth

MAX = _json_depth.DEPTH_MAX


class JsonDepthTest(unittest.TestCase):
    def setUp(self) -> None:
        # As `install` does it; the reader of the Python that runs the tests may be stricter.
        patch = mock.patch.object(json.JSONDecoder, "decode", _json_depth.decode)
        patch.start()
        self.addCleanup(patch.stop)
        stub = mock.patch.object(
            json.JSONDecoder, "raw_decode", lambda self, s, idx: ("read", len(s.rstrip()))
        )
        self.stub = stub
        stub.start()
        self.addCleanup(stub.stop)

    def is_refused(self, text: str) -> bool:
        try:
            json.loads(text)
        except RecursionError as error:
            self.assertIn("2000 deep", str(error))
            return True
        return False

    def test_what_is_nested_too_deep_is_refused(self) -> None:
        both = ('[{"[]": "\\"{}", "a":\n', "}]")
        for opening, closing in (("[", "]"), ('{"a":', "}"), both):
            deep = len(closing)
            for levels, refused in ((MAX, False), (MAX + deep, True), (50_000, True)):
                text = opening * (levels // deep) + "1" + closing * (levels // deep)
                with self.subTest(opening, levels=levels):
                    self.assertEqual(self.is_refused(text), refused)
        self.assertTrue(self.is_refused("[" * 100_000))
        self.assertTrue(self.is_refused("[" + "[1]," * 50_000 + "[" * MAX))

    def test_what_is_only_long_is_read(self) -> None:
        rows = [{"id": n, "tags": [], "at": [[n, [n]]]} for n in range(20_000)]
        self.assertFalse(self.is_refused(json.dumps(rows)))
        self.assertFalse(self.is_refused(json.dumps([[[]]] * 100_000)))

    def test_brackets_in_strings_are_text(self) -> None:
        self.assertFalse(self.is_refused(json.dumps(["[" * 50_000, '\\"[{' * 50_000])))

    def test_everything_else_is_as_in_python(self) -> None:
        self.stub.stop()
        text = json.dumps({"a": [1, "]" * 5_000, None]})
        self.assertEqual(json.loads(f" {text}\n"), json.JSONDecoder().raw_decode(text)[0])
        for wrong in ("", "[1", "[1] 2", '"' + "x" * 5_000):
            with self.subTest(wrong), self.assertRaises(json.JSONDecodeError):
                json.loads(wrong)
        self.stub.start()


if __name__ == "__main__":
    unittest.main()
