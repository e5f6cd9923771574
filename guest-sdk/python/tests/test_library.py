"""The library behind a finder; of a few files here, of Python's in a component."""

import importlib
import os
import sys
import tempfile
import unittest
import zoneinfo
from pathlib import Path
from unittest import mock

from ravenry import _library, _refused

FILES = {
    "lib/plain_x.py": "'''A docstring.'''\nfrom package_x.inner import Y as X\nassert False\n",
    "lib/package_x/__init__.py": "",
    "lib/package_x/inner.py": "Y = 5\n",
    "lib/test/__init__.py": "raise SystemExit",
    "lib/broken_x.py": "if\n",
    "zones/tzdata/__init__.py": "",
    "zones/tzdata/zoneinfo/__init__.py": "",
    "zones/tzdata/zoneinfo/Sea/__init__.py": "",
    "zones/tzdata/zoneinfo/tzdata.zi": "# version",
    "zones/tzdata/zones": "Sea/Test\n",
}
ZONE = b"TZif2" + bytes(15)
HEAD = bytes(12) + b"\0\0\0\0" + b"\0\0\0\1" + b"\0\0\0\4"
TEST_ZONE = ZONE + HEAD + b"\0\0\0\0\0\0TST\0" + ZONE + HEAD + b"\0\0\0\0\0\0TST\0" + b"\nTST-3\n"


class LibraryTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        for name, text in FILES.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (self.root / "zones/tzdata/zoneinfo/Sea/Test").write_bytes(TEST_ZONE)
        self.library = _library.collect(f"{self.root}/lib", [f"{self.root}/zones"])

    def use(self, library: _library.Library) -> None:
        """Has imports found in the library, for this test."""
        own = {name for name in sys.modules if name.partition(".")[0] == "tzdata"}
        hidden = mock.patch.dict(sys.modules)
        hidden.start()
        self.addCleanup(hidden.stop)
        for name in own:
            del sys.modules[name]
        patch = mock.patch.object(sys, "meta_path", [library, *sys.meta_path])
        patch.start()
        self.addCleanup(patch.stop)

    def test_modules_are_imported_without_docstrings_and_assertions(self) -> None:
        self.use(self.library)
        module = importlib.import_module("plain_x")
        self.assertEqual(module.X, 5)
        self.assertIsNone(module.__doc__)
        self.assertEqual(module.__file__, f"{self.root}/lib/plain_x.py")

    def test_tests_and_what_is_no_python_are_left_out(self) -> None:
        names = [name for name in self.library.modules if not name.startswith("tzdata")]
        self.assertEqual(sorted(names), ["package_x", "package_x.inner", "plain_x"])

    def test_zones_are_found_as_zoneinfo_looks_for_them(self) -> None:
        self.use(self.library)
        with mock.patch.object(zoneinfo, "TZPATH", ()):
            zone = zoneinfo.ZoneInfo.no_cache("Sea/Test")
            self.assertEqual(zone.key, "Sea/Test")
            with self.assertRaises(zoneinfo.ZoneInfoNotFoundError):
                zoneinfo.ZoneInfo.no_cache("Sea/None")

    def test_it_is_kept_between_builds(self) -> None:
        (self.root / "kept").mkdir()
        (self.root / "kept" / _library.CACHE).write_bytes(self.library.dumps())
        again = _library.load("/none", [str(self.root), str(self.root / "kept")])
        self.assertEqual(again.modules, self.library.modules)
        self.assertEqual(again.data, self.library.data)


class TablesTest(unittest.TestCase):
    def test_what_is_imported_beforehand_can_be_imported(self) -> None:
        # Not on every Python that runs the tests: this one is new in the component's.
        new = {"string.templatelib"} if sys.version_info < (3, 14) else set[str]()
        for name in set(_library.IMPORTED) - new:
            importlib.import_module(name)

    def test_ours_are_beside_this_package(self) -> None:
        beside = {path.name for path in Path(_library.__file__).parent.parent.iterdir()}
        self.assertEqual(set(_refused.OURS), {name for name in beside if not name.startswith("_")})

    def test_names_that_do_not_work_are_names_that_there_are(self) -> None:
        for name in _refused.USES:
            module, _, member = name.rpartition(".")
            if os.name == "posix":
                self.assertTrue(hasattr(importlib.import_module(module), member), name)


if __name__ == "__main__":
    unittest.main()
