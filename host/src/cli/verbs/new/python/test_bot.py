"""Asks the bot, without WebAssembly: `.venv/bin/python -m unittest`, after `sh build.sh`."""

import os
import sys
import unittest
from unittest import mock

sys.path.append("bindings")

from bot import Parrot
from ravenry import asked


class ParrotTest(unittest.TestCase):
    def test_it_says_what_it_hears(self) -> None:
        with mock.patch.dict(os.environ, greeting="You said"):
            said = asked(Parrot(), "hello")
        self.assertEqual(
            said,
            [("text", "You said"), ("text", ": "), ("text", "hello"), ("suggest", "Say it again")],
        )


if __name__ == "__main__":
    unittest.main()
