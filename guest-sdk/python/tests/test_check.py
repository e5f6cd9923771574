"""What the build says of files that cannot work: each by its place and name, and what to do."""

import unittest

from ravenry import _check


def problems(text: str, **more: str) -> list[str]:
    """What is wrong with a bot of one file, and others beside it (`__` stands for `/`)."""
    files = {f"{path.replace('__', '/')}.py": source.encode() for path, source in more.items()}
    return _check.check("", "bot.py", {"bot.py": text.encode(), **files}).problems


class Refused(unittest.TestCase):
    def test_modules_that_cannot_work_are_named_with_their_line(self) -> None:
        found = problems("import json\nimport ssl\ndef f():\n    from subprocess import run\n")
        self.assertEqual(len(found), 2)
        self.assertTrue(found[0].startswith("bot.py:2: `ssl` cannot be imported here: "), found)
        self.assertTrue(found[1].startswith("bot.py:4: `subprocess` cannot be"), found)

    def test_threads_and_sockets_are_refused_where_they_are_used(self) -> None:
        self.assertEqual(problems("import threading, socket\nlock = threading.Lock()"), [])
        found = problems("import threading as t\n\nt.Thread(target=print).start()")
        self.assertIn("bot.py:3: `threading.Thread` does not work here", found[0])
        found = problems("from concurrent.futures import ThreadPoolExecutor")
        self.assertIn("`concurrent.futures.ThreadPoolExecutor`", found[0])

    def test_calls_that_need_a_thread_are_refused_however_the_loop_is_come_by(self) -> None:
        first = "import asyncio\nasync def f(loop):\n    "
        for text, name in (
            ("await loop.run_in_executor(None, print)", "loop.run_in_executor"),
            (
                "await asyncio.get_running_loop().run_in_executor(None, print)",
                "asyncio.get_running_loop().run_in_executor",
            ),
            ("await asyncio.to_thread(print)", "asyncio.to_thread"),
            ("try: await asyncio.to_thread(print)\n    except Exception: pass", "asyncio.to_thread"),
            ("try: await loop.run_in_executor(None, print)\n    except: raise", "loop.run_in_executor"),
        ):
            with self.subTest(text):
                self.assertEqual(
                    problems(first + text),
                    [
                        f"bot.py:3: `{name}` does not work here: call the function itself: there are no"
                        " threads, and nothing else waits"
                    ],
                )
        for text in (
            "try: await loop.run_in_executor(None, print)\n    except NotImplementedError: print()",
            "await loop.run_in_executor(print)\ndef run_in_executor(): ...",
            "import helper\n    helper.to_thread(print)",
            "pass\nif __name__ == '__main__':\n    asyncio.run(f()).to_thread()",
        ):
            with self.subTest(text):
                self.assertEqual(problems(first + text, helper=""), [])

    def test_hashes_that_are_openssls_are_refused_with_what_there_is(self) -> None:
        for text in (
            "import hashlib\nhashlib.pbkdf2_hmac('sha256', b'a', b'b', 1)",
            "import json\nfrom hashlib import pbkdf2_hmac",
            "import json\nfrom hashlib import scrypt as slow",
            "import hashlib as h\nh.scrypt(b'a')",
        ):
            with self.subTest(text):
                found = problems(text)
                self.assertEqual(len(found), 1, found)
                self.assertRegex(found[0], r"^bot.py:2: `hashlib.\w+` does not work here: ")
                self.assertIn("`hmac` or `hashlib.blake2b(data, key=…, salt=…)`", found[0])
        guarded = "import hashlib\nif hasattr(hashlib, 'scrypt'): hashlib.scrypt(b'')"
        self.assertEqual(problems(guarded), [])
        self.assertEqual(problems("import hashlib, hmac\nhashlib.sha256(), hmac.new(b'')"), [])
        self.assertNotIn("scrypt", problems("import bcrypt")[0])

    def test_databases_that_are_no_files_of_python_are_refused(self) -> None:
        found = problems("import sqlite3\ndef f():\n    sqlite3.connect('data.db')\n")
        self.assertIn("bot.py:3: `sqlite3.connect('data.db')` does not work here", found[0])
        self.assertIn("deserialize(open('data.db', 'rb').read())", found[0])
        self.assertEqual(problems("import sqlite3 as s\ns.connect(':memory:')"), [])
        self.assertIn("use `dbm.dumb`", problems("import dbm.sqlite3")[0])
        for text in (
            "import sqlite3\nsqlite3.connect('data.db')",
            "import dbm.gnu",
            "import fcntl",
            "import psycopg2",
            "import pymongo",
        ):
            self.assertIn("`ravenry.store`", problems(text)[0])
        self.assertEqual(problems("import ravenry.store\nravenry.store.bot()"), [])
        found = problems("from ravenry import store\nstore.users()")
        self.assertIn("did you mean `user`?", found[0])
        self.assertEqual(problems("import dbm, dbm.dumb, shelve"), [])

    def test_native_packages_are_named_with_what_to_use(self) -> None:
        found = problems("import numpy as np\nfrom PIL import Image\n")
        self.assertIn("`numpy` cannot work here", found[0])
        self.assertIn("`PIL` cannot work here", found[1])

    def test_what_is_nowhere_belongs_into_the_requirements(self) -> None:
        self.assertIn("write `python-dotenv` into requirements.txt", problems("import dotenv")[0])

    def test_an_import_that_may_fail_is_no_problem(self) -> None:
        guarded = "try:\n    import orjson as json\nexcept ImportError:\n    import json\n"
        typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy\n"
        self.assertEqual(problems(guarded + typed), [])

    def test_a_try_for_something_else_guards_nothing(self) -> None:
        found = problems("try:\n    import numpy\nexcept ValueError:\n    pass\n")
        self.assertEqual(len(found), 1)

    def test_a_syntax_error_is_shown_as_python_does(self) -> None:
        found = problems("x = 1\nif x\n    pass\n")
        self.assertTrue(found[0].startswith("bot.py:2: expected ':'\n    if x\n"), found)

    def test_bytes_that_are_no_text_are_one_sentence(self) -> None:
        found = _check.check("", "bot.py", {"bot.py": b"\xff\xfe\x00"}).problems
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0].startswith("bot.py:1: "), found)

    def test_paths_are_shown_below_the_directory(self) -> None:
        found = _check.check("/bots/cat", "bot.py", {"bot.py": b"import ssl"}).problems
        self.assertTrue(found[0].startswith("/bots/cat/bot.py:1: "), found)

    def test_a_file_must_not_hide_the_library(self) -> None:
        found = problems("import random\n", random="x = 1")
        self.assertIn("`random.py` has the name of a module of Python's library", found[0])
        self.assertEqual(problems("import json\n", random="x = 1"), [])

    def test_what_our_packages_lack_is_named(self) -> None:
        found = problems("import ravenry\n\nclass B(ravenry.Bott): ...\n")
        self.assertEqual(found, ["bot.py:3: `ravenry` has no `Bott` here: did you mean `Bot`?"])
        self.assertEqual(problems("from ravenry import http\nhttp.get\n"), [])
        self.assertEqual(problems("from ravenry.events import Text, Meta"), [])

    def test_what_a_file_asks_for_may_be_lacking(self) -> None:
        first = "from ravenry import http\nimport os\n"
        for text in (
            "if hasattr(http, 'aget'):\n    http.aget('x').text\n",
            "get = http.aget if hasattr(http, 'aget') else http.get",
            "getattr(http, 'aget', http.get)('x')",
            "try:\n    http.aget('x')\nexcept AttributeError:\n    http.get('x')",
            "if hasattr(os, 'fork'):\n    os.fork()",
        ):
            with self.subTest(text):
                self.assertEqual(problems(first + text), [])
        found = problems(first + "hasattr(http, 'aget')\nhttp.aput('x')\ngetattr(http, 'aput')")
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith("bot.py:4: `ravenry.http` has no `aput` here"), found)

    def test_a_relative_import_outside_of_a_package_is_told_how_to_write_it(self) -> None:
        self.assertEqual(
            problems("from . import helper as h\n", helper=""),
            [
                "bot.py:1: `from . import …` needs a package, and this file is in none: write"
                " `import helper as h`"
            ],
        )
        self.assertEqual(len(problems("from . import helper\n")), 1)
        found = problems("import helper\n", helper="from .more import x, y", more="x = y = 1")
        self.assertIn("helper.py:1: `from .more import …` needs", found[0])
        self.assertIn("write `from more import x, y`", found[0])
        both = "try:\n    from . import helper\nexcept ImportError:\n    import helper\n"
        self.assertEqual(problems(both, helper=""), [])
        self.assertEqual(problems("import lib.a", lib__a="from . import b", lib__b=""), [])

    def test_a_module_that_the_bot_writes_itself_may_be_missing(self) -> None:
        self.assertEqual(problems("open('/tmp/made.py', 'w').write('')\nimport made"), [])
        self.assertEqual(problems("def f(d):\n  open(f'{d}/made.py', 'w')\n  import made"), [])
        self.assertEqual(problems("open('made/one.py', 'w')\nfrom made import one"), [])
        self.assertEqual(len(problems("open('made.py', 'w')\nimport mode")), 1)

    def test_what_the_clients_of_openai_lack_is_named(self) -> None:
        first = "import openai\nfrom openai import AsyncOpenAI as A\n"
        found = problems(first + "class B:\n  def __init__(self): self.c = A()\n"
                         "  def f(self): return self.c.embeddings.create(input='x')\n")  # fmt: skip
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0].startswith("bot.py:5: "), found)
        self.assertIn("embeddings", found[0])
        chat = "c = openai.OpenAI(api_key='k')\nc.chat.completions.create(model='x', messages=[])\n"
        self.assertEqual(problems(first + chat), [])
        self.assertEqual(len(problems(first + "openai.Whatever\n")), 1)


class Followed(unittest.TestCase):
    def test_files_that_are_imported_are_looked_at(self) -> None:
        found = problems("from lib import a\n", lib__a="from . import b", lib__b="import ssl")
        self.assertEqual([line[:12] for line in found], ["lib/b.py:1: "])

    def test_files_that_nothing_imports_are_not(self) -> None:
        self.assertEqual(problems("import json\n", test_bot="import numpy\nif"), [])

    def test_a_missing_part_of_a_package_is_named(self) -> None:
        found = problems("import lib.c\n", lib____init__="", lib__a="")
        self.assertEqual(found, ["bot.py:1: there is no module `lib.c` in `lib`"])

    def test_packages_are_found_and_not_looked_into(self) -> None:
        files = {"bot.py": b"import pure", "site-packages/pure/__init__.py": b"import ssl"}
        self.assertEqual(_check.check("", "bot.py", files).problems, [])


class Main(unittest.TestCase):
    def main(self, text: str) -> bool:
        checked = _check.check("", "bot.py", {"bot.py": text.encode()})
        self.assertEqual(checked.problems, [])
        return checked.main

    def test_a_file_that_registers_its_bot_as_the_program_is_run_as_that(self) -> None:
        block = "\nif __name__ == '__main__':\n    "
        self.assertTrue(self.main("import fastapi_poe as fp" + block + "fp.run(1)"))
        inside = "import fastapi_poe as fp\ndef main():\n    fp.run(1)"
        self.assertTrue(self.main(inside + block + "main()"))

    def test_what_else_a_program_does_is_not_run(self) -> None:
        block = "\nif __name__ == '__main__':\n    "
        self.assertFalse(self.main("import ravenry" + block + "import numpy"))
        self.assertFalse(self.main("import fastapi_poe as fp\nfp.run(1)"))


if __name__ == "__main__":
    unittest.main()
