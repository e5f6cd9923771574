"""What `build.py` says of what it cannot do, and of requirements. Without a network, or a tool."""

import contextlib
import errno
import importlib.util
import io
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path
from types import ModuleType
from unittest import mock

HERE = Path(__file__).resolve().parent.parent


def load(name: str) -> ModuleType:
    """A script beside `src`, as a module."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


requirements = load("build_requirements")
packages = load("build_packages")
lasting = load("build_lasting")
build = load("build")


class TemporaryTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)

    def requirements(self, text: str) -> Path:
        """A file of requirements."""
        path = self.root / "requirements.txt"
        path.write_text(text, encoding="utf-8")
        return path


class RequirementsTest(TemporaryTest):
    def wanted(self, text: str) -> list[str]:
        self.said: list[str] = []
        return list(requirements.wanted(self.requirements(text), self.said.append))

    def test_what_ravenry_brings_is_passed_over(self) -> None:
        self.assertEqual(self.wanted("fastapi_poe>=0.0.36\nmodal\n# a comment\n"), [])
        self.assertEqual(self.said, ["comes with Ravenry, not installed: fastapi-poe, modal"])

    def test_a_list_of_all_that_was_installed_loses_what_needs_a_server(self) -> None:
        left = self.wanted("fastapi-poe==0.0.48\npydantic-core==2.0\nuvicorn==0.3\nPyPDF==5.0")
        self.assertEqual(left, ["PyPDF==5.0"])
        self.assertEqual(self.wanted("pydantic==2.0"), ["pydantic==2.0"])

    def test_locks_keep_their_hashes(self) -> None:
        lock = "pypdf==5.0 \\\n    --hash=sha256:ab \\\n    --hash=sha256:cd\n    # via x"
        left = self.wanted(lock)
        self.assertEqual(left[0].split(), ["pypdf==5.0", "--hash=sha256:ab", "--hash=sha256:cd"])

    def test_files_that_are_named_are_read(self) -> None:
        (self.root / "more.txt").write_text("openai\nrich\n", encoding="utf-8")
        self.assertEqual(self.wanted("-r more.txt\n"), ["rich"])
        with self.assertRaisesRegex(build.Problem, "/requirements.txt:2: `-r gone.txt` names a file that is"):
            self.wanted("rich\n-r gone.txt\n")

    def test_names_are_compared_as_pip_does(self) -> None:
        asked = "Foo_Bar.baz[x,y]>=1; python_version < '4'"
        self.assertEqual(requirements.normal(asked), "foo-bar-baz")


class RefusalTest(unittest.TestCase):
    def test_a_missing_package_is_named_and_who_needs_it(self) -> None:
        told = packages.refusal(
            "ERROR: Could not find a version that satisfies the requirement foo>=1 (from bar)"
            " (from versions: none)\nERROR: No matching distribution found for foo>=1"
        )
        self.assertIn("there is no wheel of `foo` (`bar` needs it) for Python 3.14", told)

    def test_a_version_that_is_not_there_is_named_with_the_newest(self) -> None:
        missing = "ERROR: Could not find a version that satisfies the requirement {}==1.0{} (from"
        missing += " versions: 2.0, 2.1)"
        told = packages.refusal(missing.format("foo", ""))
        self.assertIn("`foo==1.0`", told)
        self.assertIn("2.1", told)
        # No version of what is native will do.
        for native in (("numpy", ""), ("core", " (from numpy==2.0)")):
            told = packages.refusal(missing.format(*native))
            self.assertIn(f"`{native[0]}==1.0`", told)
            self.assertIn("statistics", told)
            self.assertNotIn("2.1", told)

    def test_a_network_that_is_away_is_one_sentence(self) -> None:
        told = packages.refusal(
            "WARNING: Retrying … NewConnectionError: Failed to establish a new connection:"
            " [Errno -3] Temporary failure in name resolution\nERROR: Could not find a version that satisfies"
            " the requirement x (from versions: none)"
        )
        self.assertTrue(told.startswith("the package index cannot be reached"), told)

    def test_what_git_says_is_told_and_no_advice(self) -> None:
        told = packages.refusal(
            "  error: subprocess-exited-with-error\n  \u2570\u2500> [2 lines of output]\n"
            "      fatal: unable to access 'https://x.example/': Could not resolve host\n"
            "      [end of output]\n\n  note: This error originates from a subprocess\n"
        )
        self.assertIn("installed: fatal: unable to access", told)

    def test_a_changed_package_is_named(self) -> None:
        told = packages.refusal("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE FILE")
        self.assertIn("its hash differs", told)


class PlaceTest(TemporaryTest):
    """What pip says of its copy of the list is said of the author's list."""

    TEXT = "# what\n\npypdf==5.0 \\\n  --hash=sha256:ab\nrich\n-r more.txt\njinja2; python_versio > '3'\n"
    MORE = "# more\nfoo bar\nbaz\n--fast\n"

    def told(self, output: str) -> str:
        (self.root / "more.txt").write_text(self.MORE, encoding="utf-8")
        lines = requirements.wanted(self.requirements(self.TEXT), print)
        copied = packages.written(lines, self.root / "work")
        self.assertEqual(copied.read_text().splitlines()[2], "foo bar")
        told = str(packages.refusal(output.format(copied), lines))
        self.assertNotIn("work", told)
        return told.removeprefix(f"{self.root}/")

    def test_a_line_that_pip_names_is_the_authors(self) -> None:
        (self.root / "work").mkdir()
        for output, place in (
            ("ERROR: Invalid requirement: 'foo bar' (from line 3 of {})", "more.txt:2: "),
            ("ERROR: Invalid requirement: --fast", "more.txt:4: "),
            ("  Exception:\nTraceback (most recent call last):\n  x\npip.InvalidMarker: Invalid"
             " marker: 'python_versio > '3'', parse error at 'p'", "requirements.txt:7: the packages"),
            ("ERROR: Could not find a version that satisfies the requirement rich (from versions:"
             " none)", "requirements.txt:5: there is no wheel of `rich`"),
            ("ERROR: Could not find a version that satisfies the requirement x>1 (from baz) (from"
             " versions: none)", "more.txt:3: there is no wheel of `x`"),
            ("ERROR: In --require-hashes mode, all need ==. These do not:\n  rich from"
             " https://x (from -r {} (line 2))", "requirements.txt:5: the lock"),
        ):  # fmt: skip
            with self.subTest(output):
                told = self.told(output)
                self.assertTrue(told.startswith(place), told)
        self.assertTrue(self.told("ERROR: odd").startswith("the packages cannot be"))

    def test_a_place_is_seen_from_where_the_build_is_called(self) -> None:
        with contextlib.chdir(self.root):
            line = requirements.wanted(self.requirements("\nrich").resolve(), print)[0]
            self.assertEqual(line.place, "requirements.txt:2")

    def test_a_list_of_bounds_is_found_beside_its_own_file(self) -> None:
        (self.root / "bounds.txt").write_text("rich<14\n", encoding="utf-8")
        left = requirements.wanted(self.requirements("rich\n-c bounds.txt"), print)
        self.assertEqual(left, ["rich", f"--constraint={self.root}/bounds.txt"])
        with self.assertRaisesRegex(build.Problem, "requirements.txt:1: `-c x.txt` names a file"):
            requirements.wanted(self.requirements("-c x.txt"), print)


class OldTest(TemporaryTest):
    """Versions that can be installed and do not work are refused before that."""

    def refused(self, version: str, needed_by: str | None, text: str) -> str:
        (self.root / "target").mkdir(exist_ok=True)
        found = [packages.Package("httpx", version, True, needed_by)]
        installs = mock.Mock(return_value=mock.Mock(returncode=0))
        with (
            mock.patch.object(packages, "resolved", return_value=found),
            mock.patch.object(packages, "pip", installs),
            mock.patch.object(Path, "mkdir"),
        ):
            try:
                packages.pure(self.root, self.requirements(text), self.root, self.root, print)
            except build.Problem as problem:
                self.assertFalse(installs.called)
                return str(problem).removeprefix(f"{self.root}/")
        return ""

    def test_a_version_that_wants_tls_is_refused_with_the_first_that_does_not(self) -> None:
        self.assertEqual(
            self.refused("0.27.2", None, "# x\nhttpx<0.28"),
            "requirements.txt:2: `httpx==0.27.2` does not work here: it imports `ssl`, which is not"
            " there; 0.28 is the first without it: write `httpx>=0.28` instead",
        )
        told = self.refused("0.9.1", "other", "rich\nother==1")
        self.assertTrue(told.startswith("requirements.txt:2: `httpx==0.9.1` (`other` needs it)"))
        self.assertTrue(told.endswith("take a version of `other` that takes `httpx>=0.28`"), told)
        for version in ("0.28.0", "0.28", "0.100", "1.0.dev3"):
            self.assertEqual(self.refused(version, None, "httpx"), "", version)


class WheelTest(TemporaryTest):
    def test_native_parts_are_taken_out(self) -> None:
        wheel = self.root / "half-1.0-cp314-cp314-linux_x86_64.whl"
        with zipfile.ZipFile(wheel, "w") as file:
            file.writestr("half/__init__.py", "X = 1")
            file.writestr("half/_fast.so", "native")
            file.writestr("half-1.0.dist-info/METADATA", "Name: half\nVersion: 1.0\n")
            tags = "Wheel-Version: 1.0\nTag: cp314-cp314-linux\n"
            file.writestr("half-1.0.dist-info/WHEEL", tags)
            file.writestr("half-1.0.dist-info/RECORD", "half/_fast.so,,\n")
        (self.root / "links").mkdir()
        made = packages.without_native(wheel, self.root / "links")
        self.assertEqual(made.name, "half-1.0-py3-none-any.whl")
        with zipfile.ZipFile(made) as file:
            self.assertNotIn("half/_fast.so", file.namelist())
            self.assertIn("Tag: py3-none-any", file.read("half-1.0.dist-info/WHEEL").decode())
            self.assertNotIn("_fast", file.read("half-1.0.dist-info/RECORD").decode())


class BuildTest(TemporaryTest):
    def build(self, *arguments: str) -> tuple[int, str]:
        """Runs a command; its exit code and what it said."""
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            code = build.main([*arguments, "--cache", str(self.root / "cache")])
        return code, said.getvalue()

    def test_a_python_without_venv_is_one_sentence(self) -> None:
        with mock.patch.dict(sys.modules, {"ensurepip": None}):
            code, said = self.build("runtime", "--out", "o.wasm")
        self.assertEqual(code, 1)
        self.assertRegex(said, r"^error: this Python \(.*\) has no `venv` with pip: .*\n$")

    def test_an_old_python_is_one_sentence(self) -> None:
        with mock.patch.object(sys, "version_info", (3, 10, 1)):
            code, said = self.build("runtime", "--out", "o.wasm")
        self.assertEqual(code, 1)
        self.assertRegex(said, r"^error: this is Python .*, and 3\.11 or later is needed\n$")

    def test_a_component_with_packages_is_made_again_where_something_has_changed(self) -> None:
        requirements, bot = self.requirements("pure==1.0\n./near\n"), self.root / "bot.py"
        bot.write_text("import pure.inner, json, helper\nfrom pure import *\n", encoding="utf-8")
        helper = self.root / "helper.py"
        helper.write_text("def f():\n    from other.x import y\n", encoding="utf-8")
        (self.root / "near").mkdir()
        made: list[list[str]] = []

        def componentize(cache: Path, work: Path, packages: Path, out: Path) -> None:
            self.assertTrue((packages / "site-packages").is_dir())
            made.append((packages / "ravenry-packages.txt").read_text(encoding="utf-8").split())
            out.parent.mkdir()
            out.write_bytes(b"a component")

        def run() -> int:
            with (
                mock.patch.object(build, "componentize", componentize),
                mock.patch.object(build, "pure"),
                mock.patch.object(build, "tool", return_value=self.root),
            ):
                code, said = self.build("packaged", "--requirements", str(requirements), "--bot",
                                        str(bot))  # fmt: skip
            self.assertEqual(code, 0, said)
            self.assertEqual(Path(said.splitlines()[-1]).read_bytes(), b"a component")
            return len(made)

        self.assertEqual((run(), run()), (1, 1))
        self.assertEqual(
            made, [["helper", "other.x", "other.x.y", "pure", "pure.inner"]]
        )
        bot.write_text(bot.read_text(encoding="utf-8") + "x = 1\n", encoding="utf-8")
        self.assertEqual(run(), 1)
        helper.write_text("import more", encoding="utf-8")
        self.assertEqual((run(), run()), (2, 2))
        (self.root / "near" / "code.py").write_text("x = 1", encoding="utf-8")
        self.assertEqual((run(), run()), (3, 3))
        requirements.write_text("pure==1.1\n./near\n", encoding="utf-8")
        self.assertEqual((run(), run()), (4, 4))
        hashes = " ".join(f"--hash=sha256:{number:064}" for number in range(20))
        requirements.write_text(f"pure==1.1 {hashes}\n", encoding="utf-8")
        self.assertEqual((run(), run()), (5, 5))

    def test_a_refusing_disk_is_one_sentence(self) -> None:
        numbers = {errno.ENOSPC: "full", errno.EROFS: "write", errno.ENOENT: "moved"}
        for number, word in numbers.items():
            told = build.explained(OSError(number, "x", "/some/where"))
            self.assertIn("/some/where", told)
            self.assertIn(word, told)

    def test_a_directory_that_cannot_be_made_is_one_sentence(self) -> None:
        (self.root / "cache").write_text("a file", encoding="utf-8")
        code, said = self.build("runtime", "--out", "o.wasm")
        self.assertEqual(code, 1)
        self.assertEqual(said.count("error: "), 1)

    def test_the_tools_own_stack_is_not_shown(self) -> None:
        said = "…\nAssertionError: no such world\n\nCaused by:\n x\n\nStack backtrace:\n 0"
        self.assertEqual(build.reason(said), "no such world")

    def test_what_was_left_by_a_build_that_was_killed_is_removed(self) -> None:
        old = self.root / "work-old"
        old.mkdir()
        with mock.patch.object(build, "WORK_KEPT", -1), build.working(self.root) as work:
            self.assertFalse(old.exists())
            self.assertTrue(work.exists())
        self.assertFalse(work.exists())

    def test_a_file_is_put_in_its_place_whole(self) -> None:
        (self.root / "made").write_bytes(b"new")
        (self.root / "out").write_bytes(b"old")
        build.publish(self.root / "made", self.root / "out")
        self.assertEqual((self.root / "out").read_bytes(), b"new")
        self.assertEqual([path.name for path in self.root.iterdir()], ["out"])


if __name__ == "__main__":
    unittest.main()
