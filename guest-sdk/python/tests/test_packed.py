"""A bot packed, and imported out of its bundle, as in the component. In a process of its own."""

import os
import subprocess
import sys
import textwrap
import unittest

from ravenry import _packed, _packer

FIRST = """
import contextlib, io, unittest.mock as mock
import fastapi_poe._host, fastapi_poe._registry, ravenry.bot
import email.message, email.parser, importlib.metadata, importlib.metadata._adapters
import importlib.resources, inspect, os, pathlib, pkgutil, sys, traceback
from ravenry import _memory_files, _memory_os, _packed, _packer, _written
from ravenry.bot import find

finder, memory = _packed.BotFinder(), _memory_files.MemoryFiles()
_memory_os.install(memory)
sys.meta_path += [finder, _written.WrittenFinder(memory)]
sys.path.clear()

def run(bundle):
    _packed.enter(bundle, finder, memory)
    return _packed.run(bundle, finder)

def pack(entry, **files):
    given = {name.replace("__", "/").replace("_DOT_", "."): text.encode()
             for name, text in files.items()}
    return _packer.pack(entry, given, run)

def unfit(entry, **files):
    try: pack(entry, **files)
    except _packer.Unfit as error: return str(error)
    raise AssertionError("it was packed")

BOT = "import ravenry\\nclass Bot(ravenry.Bot):\\n    def respond(self, query, reply): {}\\n"
"""


def run(text: str) -> str:
    """Runs some lines behind those; what they print."""
    script = FIRST + textwrap.dedent(text)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    return done.stdout


class BundleTest(unittest.TestCase):
    def test_code_is_read_at_once_and_the_rest_when_it_is_asked_for(self) -> None:
        maker = _packed.Maker("/cat", "bot.py", False, frozenset({""}))
        maker.index["code"]["bot.py"] = maker.put(b"code")
        maker.index["code"]["late.py"] = maker.put(b"late")
        maker.index["files"]["data.bin"] = maker.put(bytes(100_000))
        content = _packed.written(maker.bundle(), ["bot.py"])
        reads: list[tuple[int, int]] = []

        def read(offset: int, length: int) -> bytes:
            reads.append((offset, length))
            return content[offset : offset + length]

        bundle = _packed.Bundle.opened(read, len(content))
        self.assertEqual(bytes(bundle.blob(bundle.index["code"]["bot.py"])), b"code")
        self.assertEqual(reads, [(0, _packed.FIRST_READ)])
        self.assertEqual(bundle.content("data.bin"), bytes(100_000))
        self.assertEqual(bundle.files(), {"/cat/data.bin": 100_000})
        self.assertEqual(len(reads), 2)

    def test_much_code_is_read_in_two_pieces(self) -> None:
        maker = _packed.Maker("", "bot.py", False, frozenset({""}))
        maker.index["code"]["bot.py"] = maker.put(bytes(200_000))
        content = _packed.written(maker.bundle(), ["bot.py"])
        reads: list[int] = []

        def read(offset: int, length: int) -> bytes:
            reads.append(length)
            return content[offset : offset + length]

        bundle = _packed.Bundle.opened(read, len(content))
        self.assertEqual(len(bundle.blob(bundle.index["code"]["bot.py"])), 200_000)
        self.assertEqual(len(reads), 2)

    def test_other_bytes_are_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "not a bundle"):
            _packed.Bundle.opened(lambda offset, length: b"\0asm", 4)

    def test_the_directory_is_what_stands_in_front_of_the_file(self) -> None:
        files = {"bot.py": b"", "src/bot.py": b""}
        self.assertEqual(_packer.split("/bots/cat/bot.py", files), ("/bots/cat", "bot.py"))
        self.assertEqual(_packer.split("/cat/src/bot.py", files), ("/cat", "src/bot.py"))
        self.assertEqual(_packer.split("bot.py", files), ("", "bot.py"))
        with self.assertRaisesRegex(_packer.Unfit, "none.py: this file is not there"):
            _packer.split("none.py", files)


class PackTest(unittest.TestCase):
    def test_a_bot_comes_out_as_it_went_in(self) -> None:
        run("""
            content = pack("/cat/bot.py", bot_DOT_py="import lib.a\\n" + BOT.format("lib.a.fail()"),
                           lib__a_DOT_py="from . import b\\ndef fail(): raise ValueError(b.X)",
                           lib__b_DOT_py="X = 'häßlich'", late_DOT_py="Y = 1",
                           data_DOT_txt="some")
            for name in ("bot", "lib", "lib.a", "lib.b"): sys.modules.pop(name)
            bundle = _packed.Bundle.opened(lambda o, n: content[o:o + n], len(content))
            bot = find(run(bundle))()
            import late, lib.a
            assert late.Y == 1 and lib.a.__file__ == "/cat/lib/a.py"
            assert open("data.txt").read() == "some"
            assert pathlib.Path(sys.modules["bot"].__file__).parent.joinpath("data.txt").exists()
            try: bot.respond(None, None)
            except ValueError: told = traceback.format_exc()
            assert 'File "/cat/lib/a.py", line 2, in fail' in told, told
            assert "def fail(): raise ValueError(b.X)" in told and "häßlich" in told, told
            assert "class Bot" in inspect.getsource(type(bot))
            assert sys.argv == ["/cat/bot.py"]
        """)

    def test_a_variable_that_is_missing_is_told_where_it_comes_from(self) -> None:
        told = run("""
            text = "import os; KEY = os.environ['MY_KEY']"
            print(unfit("/cat/bot.py", bot_DOT_py=text))
            print(unfit("/cat/bot.py", bot_DOT_py="x = {}['MY_KEY']"))
        """).splitlines()
        hints = [line for line in told if "is no variable of this bot" in line]
        self.assertEqual(len(hints), 1, told)
        self.assertTrue(hints[0].startswith("MY_KEY is no variable"), told)
        self.assertTrue(hints[0].endswith("`ravenry new --from bot.py` writes one"), told)

    def test_what_a_bot_raises_at_import_is_its_traceback(self) -> None:
        told = run("""
            print(unfit("/cat/bot.py", bot_DOT_py="import lib\\n", lib_DOT_py="x = 1\\n1 / 0\\n"))
        """).splitlines()
        self.assertEqual(told[0], "/cat/bot.py: the bot cannot be imported")
        self.assertEqual(told[2].strip(), 'File "/cat/bot.py", line 1, in <module>')
        self.assertIn("import lib", told[3])
        self.assertEqual(told[-1], "ZeroDivisionError: division by zero")
        self.assertFalse([line for line in told if "_packe" in line or "importlib" in line], told)

    @unittest.skipUnless(hasattr(sys, "monitoring"), "this is new in Python 3.12")
    def test_an_import_without_an_end_is_ended_at_its_line(self) -> None:
        told = run("""
            from ravenry import _import_limit
            limited = _import_limit.within(run, 0.2)
            def told(text):
                sys.modules.pop("bot", None)
                try: _packer.pack("/cat/bot.py", {"bot.py": text.encode()}, limited)
                except _packer.Unfit as error: return str(error)
            print(told("import json\\nx = 1\\nwhile True:\\n    x += 1\\n"))
            print(told("def f():\\n    for n in iter(int, 1):\\n"
                       "        try: str(n)\\n        except Exception: pass\\nf()\\n"))
            assert told("for n in range(10_000): pass\\n" + BOT.format("pass")) is None
            assert sys.monitoring.get_tool(4) is None
        """)
        one, _, other = told.partition("ImportTooLong: the import was ended here after 0.2 seconds")
        self.assertRegex(one, r'File "/cat/bot.py", line [34], in <module>\n')
        self.assertRegex(other, r'File "/cat/bot.py", line [234], in f\n')
        self.assertNotIn("_import_limit.py", told)

    def test_a_file_without_a_bot_is_one_sentence(self) -> None:
        told = run('print(unfit("bot.py", bot_DOT_py="x = 1"))')
        self.assertTrue(told.startswith("bot.py: there is no bot: "), told)
        self.assertEqual(told.count("\n"), 1)

    def test_of_several_bots_the_build_says_which_is_served_and_how_to_serve_each(self) -> None:
        run("""
            def said(rest, entry="/my bots/two.py", **variables):
                text = ("import fastapi_poe as fp\\nclass A(fp.PoeBot): pass\\n"
                        "class B(fp.PoeBot): pass\\n" + rest)
                sys.modules.pop("two", None)
                fastapi_poe._registry._registries.clear()
                ravenry.bot._exported.clear()
                with mock.patch.dict(os.environ, variables):
                    with contextlib.redirect_stderr(io.StringIO()) as log:
                        pack(entry, two_DOT_py=text)
                return log.getvalue()
            both = "fp.run([A(path='/a'), B(path='/b')])"
            told = said(both)
            assert told.startswith("/my bots/two.py: this file has 2 bots"), told
            assert "served is A (path `/a`), not B (path `/b`)" in told, told
            assert "`ravenry new --from '/my bots/two.py'` writes a manifest" in told, told
            assert told.count("\\n") == 1, told
            assert "`ravenry new --from two.py`" in said(both, "two.py")
            # Somebody chose, or there is nothing to choose.
            assert said(both, FASTAPI_POE_PATH="/b") == ""
            assert said("fp.run(A())") == ""
        """)

    def test_all_that_cannot_work_is_said_at_once(self) -> None:
        told = run('print(unfit("bot.py", bot_DOT_py="import ssl\\nimport numpy"))')
        self.assertEqual([line[:9] for line in told.splitlines()], ["bot.py:1:", "bot.py:2:"])

    def test_a_file_that_names_its_bot_as_the_program_is_run_as_that(self) -> None:
        run("""
            text = BOT.format("pass") + "if __name__ == '__main__':\\n    ravenry.export(Bot)\\n"
            pack("bot.py", bot_DOT_py=text)
            assert sys.modules["__main__"].Bot
        """)

    def test_a_file_of_data_is_not_executed(self) -> None:
        run('pack("bot.py", bot_DOT_py=BOT.format("pass"), bad_DOT_py="this is no Python")')

    def test_what_a_bot_writes_can_be_imported(self) -> None:
        run("""
            import importlib.util, runpy
            pack("/cat/bot.py", bot_DOT_py=BOT.format("pass"), data__a_DOT_txt="some")
            try: import made
            except ImportError as error: assert error.name == "made"
            pathlib.Path("made.py").write_text("from lib import inner\\ndef fail(): 1 / inner.X")
            os.makedirs("lib"); pathlib.Path("lib/inner.py").write_text("X = 0")
            import made
            assert made.__file__ == "/cat/made.py"
            try: made.fail()
            except ZeroDivisionError: told = traceback.format_exc()
            assert 'File "/cat/made.py", line 2, in fail' in told and "def fail()" in told, told
            os.mkdir("/tmp/more"); pathlib.Path("/tmp/more/__init__.py").write_text("Y = 5")
            try: import more
            except ImportError: sys.path.insert(0, "/tmp")
            import more
            assert more.Y == 5
            spec = importlib.util.spec_from_file_location("other", "/tmp/more/__init__.py")
            other = importlib.util.module_from_spec(spec); spec.loader.exec_module(other)
            assert other.Y == 5 and runpy.run_path("lib/inner.py")["X"] == 0
        """)

    def test_packages_have_their_resources_and_metadata(self) -> None:
        run("""
            content = _packer.pack("bot.py", dict([
                ("bot.py", ("import pure\\n" + BOT.format("pass")).encode()),
                ("site-packages/pure/__init__.py", b"X = 1"), ("site-packages/pure/d.txt", b"data"),
                ("site-packages/pure/sub/e.txt", b"more"),
                ("site-packages/pure-1.5.dist-info/METADATA", b"Name: pure\\nVersion: 1.5\\n"),
            ]), run)
            import pure
            assert importlib.metadata.version("pure") == "1.5"
            files = importlib.resources.files("pure")
            assert files.joinpath("d.txt").read_text() == "data"
            assert files.joinpath("sub", "e.txt").read_bytes() == b"more"
            assert [one.name for one in files.iterdir()] == ["d.txt", "sub"]
            assert pkgutil.get_data("pure", "d.txt") == b"data"
            assert b"X = 1" not in content
        """)


if __name__ == "__main__":
    unittest.main()
