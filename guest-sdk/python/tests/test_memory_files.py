"""Files in memory, through the functions that authors use. In a process of its own: for good."""

import os
import subprocess
import sys
import textwrap
import unittest

FIRST = """
import os, io, pathlib, shutil, sys
from ravenry import _memory_files, _memory_os

class Given:
    content = {"/bot/a.txt": b"one\\ntwo\\n", "/bot/sub/b.json": b"{}"}
    def files(self): return {path: len(data) for path, data in self.content.items()}
    def read(self, path): return self.content[path]

memory = _memory_files.MemoryFiles()
_memory_os.install(memory)
import tempfile
memory.enter("/bot", "/bot", Given())

def refused(kind, do):
    try: do()
    except kind: return
    raise AssertionError(f"{kind} was expected")
"""


def run(text: str) -> None:
    """Runs some lines with files in memory."""
    script = FIRST + textwrap.dedent(text)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(done.stderr)


class MemoryFilesTest(unittest.TestCase):
    def test_files_are_read_by_relative_and_absolute_path(self) -> None:
        run("""
            assert open("a.txt").read() == "one\\ntwo\\n"
            assert list(open("/bot/a.txt")) == ["one\\n", "two\\n"]
            assert open("./sub/../a.txt", "rb").read(3) == b"one"
            assert pathlib.Path("sub/b.json").read_text() == "{}"
            assert os.getcwd() == "/bot" and str(pathlib.Path.cwd()) == "/bot"
        """)

    def test_what_is_written_is_there(self) -> None:
        run("""
            with open("new.txt", "w") as file: file.write("häh\\n")
            with open("new.txt", "a") as file: file.write("more")
            assert open("new.txt", encoding="utf-8").read() == "häh\\nmore"
            with open("new.txt", "r+") as file: file.seek(0); file.write("H"); file.truncate()
            assert open("new.txt").read() == "H"
            with open("a.txt", "w") as file: pass
            assert os.path.getsize("a.txt") == 0
            with open("x.bin", "wb") as file: file.seek(3); file.write(b"!")
            assert open("x.bin", "rb").read() == b"\\0\\0\\0!"
        """)

    def test_directories_are_listed_made_and_removed(self) -> None:
        run("""
            assert sorted(os.listdir(".")) == ["a.txt", "sub"]
            os.makedirs("d/e"); pathlib.Path("d/e/f").write_bytes(b"1")
            assert [(d, fs) for d, _, fs in os.walk("d")] == [("d", []), ("d/e", ["f"])]
            if sys.version_info[:2] != (3, 13):  # That one keeps functions; components have 3.14.
                assert sorted(map(str, pathlib.Path("d").rglob("*"))) == ["d/e", "d/e/f"]
            assert [entry.name for entry in os.scandir("d") if entry.is_dir()] == ["e"]
            refused(OSError, lambda: os.rmdir("d"))
            os.rename("d", "g"); assert os.path.exists("g/e/f") and not os.path.exists("d")
            shutil.rmtree("g"); assert not os.path.exists("g")
            os.remove("a.txt"); refused(FileNotFoundError, lambda: open("a.txt"))
        """)

    def test_mistakes_are_those_of_a_disk(self) -> None:
        run("""
            refused(FileNotFoundError, lambda: open("none.txt"))
            refused(FileNotFoundError, lambda: open("none/new.txt", "w"))
            refused(FileNotFoundError, lambda: os.listdir("none"))
            refused(IsADirectoryError, lambda: open("sub"))
            refused(NotADirectoryError, lambda: os.listdir("a.txt"))
            refused(FileExistsError, lambda: open("a.txt", "x"))
            refused(FileExistsError, lambda: os.mkdir("sub"))
            refused(io.UnsupportedOperation, lambda: open("a.txt").write("x"))
            refused(io.UnsupportedOperation, lambda: open("a.txt", "a").read())
            refused(ValueError, lambda: open("a.txt", "rw"))
            refused(ValueError, lambda: open("a.txt", "rb", encoding="utf-8"))
        """)

    def test_errors_name_the_path_that_the_author_gave(self) -> None:
        run("""
            def said(do):
                try: do()
                except OSError as error: return str(error).partition("] ")[2]
            P = pathlib.Path
            lacking = "No such file or directory: "
            for do in (lambda: open("x/y"), lambda: P("x/y").read_text(), lambda: os.stat(P("x/y")),
                       lambda: os.listdir(P("x/y")), lambda: os.open(P("x/y"), 0),
                       lambda: os.chdir(P("x/y")), lambda: os.mkdir(P("x/y")),
                       lambda: os.remove(P("x/y")), lambda: open("x/y", "w")):
                assert said(do) == lacking + "'x/y'", said(do)
            assert said(lambda: os.rename("x", "b")) == lacking + "'x' -> 'b'"
            assert said(lambda: os.replace(P("a.txt"), P("x/y"))) == lacking + "'a.txt' -> 'x/y'"
        """)

    def test_everything_has_the_time_of_the_query(self) -> None:
        run("""
            import time
            def age(path): return time.time() - os.stat(path).st_mtime
            os.mkdir("d")
            for path in ("a.txt", "sub", ".", "/tmp", "d"):
                assert 0 <= age(path) < 60, path
            os.utime("sub", (1, 2)); os.utime("a.txt", ns=(1, 3_000_000_000))
            assert os.stat("sub").st_mtime == 2 and os.stat("a.txt").st_mtime_ns == 3_000_000_000
            open("sub/c.txt", "w").close(); assert age("sub") < 60
            open("a.txt", "w").close(); assert age("a.txt") < 60
            assert not os.path.samefile("d", "sub") and os.path.samefile("d", "sub/../d")
            assert list(os.scandir("."))[0].stat().st_mtime > 3
        """)

    def test_temporary_files_work(self) -> None:
        run("""
            with tempfile.NamedTemporaryFile("w+", suffix=".x") as file:
                file.write("x"); file.seek(0); assert file.read() == "x"
                assert os.path.exists(file.name)
            assert not os.path.exists(file.name)
            with tempfile.TemporaryDirectory() as d:
                shutil.copy("a.txt", d); assert os.listdir(d) == ["a.txt"]
            assert not os.path.exists(d)
            number, name = tempfile.mkstemp()
            assert os.write(number, b"abc") == 3 and os.fstat(number).st_size == 3
            os.lseek(number, 1, 0); assert os.read(number, 9) == b"bc"
            os.close(number)
            with os.fdopen(os.open(name, os.O_RDONLY)) as file: assert file.read() == "abc"
        """)

    def test_what_is_not_in_memory_is_the_systems(self) -> None:
        run("""
            assert os.path.isdir(os.path.dirname(os.__file__))
            assert open(os.__file__).read(1) == "r"
            refused(FileNotFoundError, lambda: open("/nowhere/at/all"))
        """)


if __name__ == "__main__":
    unittest.main()
