"""Asks the bot, without WebAssembly: `PYTHONPATH=sdk python3 -m unittest`."""

import os
import unittest
from unittest import mock

from bot import Parrot
from ravenry import testing


class ParrotTest(unittest.TestCase):
    def test_it_says_what_it_hears(self) -> None:
        with mock.patch.dict(os.environ, greeting="You said"):
            transcript = testing.ask(Parrot, "hello")
        self.assertEqual(transcript.text, "You said: hello")
        self.assertEqual(transcript.suggestions, ["Say it again"])


if __name__ == "__main__":
    unittest.main()
