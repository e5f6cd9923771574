"""What the documentation shows is so."""

from __future__ import annotations

import doctest
import unittest
from importlib import import_module


class DocumentationTest(unittest.TestCase):
    def test_examples_hold(self) -> None:
        for name in ("_documents", "controls", "failure", "settings"):
            tested = doctest.testmod(import_module(f"ravenry.{name}"))
            self.assertGreater(tested.attempted, 0, name)
            self.assertEqual(tested.failed, 0, name)
