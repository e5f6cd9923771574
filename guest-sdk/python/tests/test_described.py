"""What is found in a bot's file for the directory that is made of it. Nothing is run."""

import contextlib
import importlib.util
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
spec = importlib.util.spec_from_file_location("build", HERE.parent / "build.py")
assert spec is not None and spec.loader is not None
build: Any = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build)

PLANTED = "sk-planted0123456789abcdefABCDEF"

BOT = """
import os
import fastapi_poe as fp

class Haiku(fp.PoeBot):
    async def get_response(self, request):
        yield self.text_event("x")

"""


class DescribedTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)

    def described(self, text: str, name: str = "haiku.py") -> dict[str, Any]:
        """What is found in a file with this text."""
        path = self.root / name
        path.write_text(text, encoding="utf-8")
        found: dict[str, Any] = build.described(path)
        return found

    def bot(self, rest: str) -> dict[str, Any]:
        """What is found of the one bot of a file that ends so."""
        self.found = self.described(BOT + rest)
        (bot,) = self.found["bots"]
        found: dict[str, Any] = bot
        return found

    def noted(self, words: str) -> bool:
        """Whether some sentence has these words."""
        return any(words in note for note in self.found["notes"])


class SampleTest(DescribedTest):
    def sample(self, name: str) -> dict[str, Any]:
        """What is found in one of the bots that their authors wrote for fastapi_poe."""
        found: dict[str, Any] = build.described(HERE / "fastapi_poe_bots" / f"{name}.py")
        return found

    def test_a_bot_that_needs_nothing_leaves_nothing_to_do(self) -> None:
        for name in ("function_calling_bot", "cat_bot", "prompt_bot"):
            found = self.sample(name)
            bot = {"name": name, "route": None, "path": None, "access_key": None, "poe_name": None}
            self.assertEqual(found["bots"], [bot])
            for nothing in ("config", "secrets", "hosts", "variables", "packages", "notes"):
                self.assertFalse(found[nothing], nothing)

    def test_a_client_of_openai_has_its_key_and_host(self) -> None:
        found = self.sample("wrapper_bot")
        self.assertEqual(found["secrets"], {"OPENAI_API_KEY": ["https://api.openai.com"]})
        self.assertEqual(found["hosts"], ["https://api.openai.com"])
        self.assertEqual((found["packages"], found["variables"]), ([], []))

    def test_a_key_is_followed_through_a_name(self) -> None:
        found = self.sample("echo_bot")
        self.assertEqual(found["bots"][0]["access_key"], "POE_ACCESS_KEY")
        self.assertEqual(len(found["notes"]), 1, found["notes"])

    def test_a_path_names_the_bot_and_addresses_are_told_apart(self) -> None:
        self.assertEqual(self.sample("http_request_bot")["bots"][0]["name"], "http")
        asked, shown = self.sample("function_calling_loop_bot"), self.sample("image_response_bot")
        self.assertEqual(asked["hosts"], ["https://api.open-meteo.com"])
        self.assertEqual(shown["hosts"], [])
        self.assertEqual(shown["unsure_hosts"], ["https://images.example.com"])

    def test_what_cannot_work_is_said_in_the_words_of_the_build(self) -> None:
        found = self.sample("sdxl_bot")
        self.assertEqual(found["packages"], ["pillow", "httpx"])
        notes = "\n".join(found["notes"])
        self.assertIn("sdxl_bot.py:20: `PIL` cannot work here", notes)
        self.assertIn("sdxl_bot.py:9 imports `httpx`: is `httpx`", notes)
        self.assertIn("sdxl_bot.py:32 reads FIREWORKS_API_KEY: write under `secrets`", notes)

    def test_what_is_mounted_and_not_there_is_said(self) -> None:
        (note,) = self.sample("video_bot")["notes"]
        self.assertIn("video_bot.py:22 mounts", note)


class NameTest(DescribedTest):
    def test_a_name_is_one_that_a_manifest_takes(self) -> None:
        for given, name, route in (
            ("/haiku", "haiku", None),
            ("/My.Bots/Haiku", "my-bots-haiku", "/My.Bots/Haiku"),
            ("/ü b", "b", None),
            ("/", "haiku", None),
        ):
            bot = self.bot(f"fp.run(Haiku(path={given!r}), allow_without_key=True)")
            self.assertEqual((bot["name"], bot["route"]), (name, route), given)
        bot = self.described("import ravenry", "My Bot (2).py")["bots"][0]
        self.assertEqual((bot["name"], bot["access_key"]), ("my-bot-2", None))

    def test_what_stands_in_the_class_counts(self) -> None:
        text = BOT + "    path = '/other'\n    bot_name: str = 'Other'\n\nfp.make_app(Haiku())\n"
        (bot,) = self.described(text)["bots"]
        self.assertEqual((bot["name"], bot["poe_name"]), ("other", "Other"))
        text += "class Derived(Haiku): pass\nfp.run(Derived())"
        self.assertEqual(self.described(text)["bots"][0]["name"], "other")

    def test_bots_of_one_file_are_told_apart_by_their_paths(self) -> None:
        found = self.described(
            BOT + "a = Haiku(path='/a', access_key=os.environ['A_SECRET'], bot_name='A')\n"
            "app = fp.make_app([a, Haiku('/b'), Haiku(path='/B')])\n"
        )
        names = [(bot["name"], bot["path"], bot["access_key"]) for bot in found["bots"]]
        expected = [("a", "/a", "A_SECRET"), ("b", "/b", "B_KEY"), ("b-2", "/B", "B_KEY")]
        self.assertEqual(names, expected)
        self.assertEqual([bot["poe_name"] for bot in found["bots"]], ["A", None, None])
        self.assertEqual(found["config"], {"A_SECRET": "held by the gateway"})


class KeyTest(DescribedTest):
    def test_an_access_key_is_found_in_each_way_to_write_it(self) -> None:
        for rest, key in (
            ("fp.run(Haiku(), access_key=os.environ['K'])", "K"),
            ("fp.run(Haiku(), os.environ.get('K', ''))", "K"),
            ("fp.run(Haiku(), api_key=os.getenv('K') or '')", "K"),
            ("fp.run(Haiku(access_key=os.getenv('K')), allow_without_key=True)", "K"),
            ("KEY = os.getenv('K')\nOTHER = KEY\nfp.make_app(Haiku(), access_key=OTHER)", "K"),
            ("fp.make_app(Haiku())", "POE_ACCESS_KEY"),
            ("fp.make_app(Haiku(), access_key='', allow_without_key=False)", "POE_ACCESS_KEY"),
            ("fp.make_app(Haiku(), allow_without_key=True)", None),
            ("import asyncio\nasyncio.run(x)", None),
            ("fp.make_app(Haiku(), access_key=vault())", "POE_ACCESS_KEY"),
        ):
            self.assertEqual(self.bot(rest)["access_key"], key, rest)
        self.assertTrue(self.noted("haiku.py:9 takes the access key from where it is seen only"))

    def test_a_file_that_insists_on_its_key_finds_something_there(self) -> None:
        self.bot("fp.run(Haiku(), access_key=os.environ['K'])")
        self.assertEqual(self.found["config"], {"K": "held by the gateway"})
        self.bot("fp.run(Haiku(), access_key=os.getenv('K'))")
        self.assertEqual(self.found["config"], {})

    def test_a_key_in_the_file_is_said_and_never_repeated(self) -> None:
        for rest, line in (
            (f"fp.run(Haiku(), access_key='{PLANTED}')", 9),
            (f"KEY = '{PLANTED}'\nfp.run(Haiku(), KEY)", 9),
            (f"fp.run(Haiku(), os.getenv('{PLANTED}!'), access_key='{PLANTED}')", 9),
            (f"from openai import OpenAI\nclient = OpenAI(api_key='{PLANTED}')", 10),
            (f"headers = {{'Authorization': 'Bearer {PLANTED}'}}", 9),
            (f"os.environ['X_TOKEN'] = '{PLANTED[3:]}'", 9),
            (f"url = 'https://u:{PLANTED[3:]}@h.example.com/'\nx_key = '{PLANTED}'", 10),
            (f"u = 'https://{PLANTED[3:]}@h.example.com/?key={PLANTED}'\nx_key = '{PLANTED}'", 10),
            (f"import modal\nmodal.Image.debian_slim().pip_install('a @ git+https://{PLANTED}@h/a')"
             f"\ntoken = '{PLANTED}'", 11),
        ):  # fmt: skip
            self.bot(rest)
            self.assertNotIn(PLANTED[3:], json.dumps(self.found), rest)
            self.assertTrue(self.noted(f"haiku.py:{line} holds"), (rest, self.found["notes"]))
        self.assertEqual(self.found["packages"], [])

    def test_another_service_with_the_client_of_openai_has_its_own_host(self) -> None:
        self.bot(
            "from openai import AsyncOpenAI\n"
            "client = AsyncOpenAI(api_key=os.environ['GROQ'], base_url='https://api.GROQ.com/v1')\n"
        )
        self.assertEqual(self.found["secrets"], {"GROQ": ["https://api.groq.com"]})
        self.assertEqual((self.found["variables"], self.found["config"]), ([], {}))
        self.bot("import openai\nclient = openai.OpenAI(base_url=os.getenv('BASE'))")
        self.assertEqual(self.found["secrets"], {})
        self.assertTrue(self.noted("haiku.py:10 asks a service whose address is not in the file"))

    def test_addresses_that_come_with_a_query_are_noted(self) -> None:
        self.bot("import requests\ndef read(file):\n    return requests.get(file.url, timeout=9)\n")
        self.assertTrue(self.noted("haiku.py:11 asks an address that comes with a query"))
        self.assertEqual(self.found["hosts"], [])

    def test_variables_are_for_the_manifest_but_for_those_that_the_file_sets(self) -> None:
        self.bot(
            "a = os.environ['CITY']\nb = os.getenv('WEATHER_TOKEN')\nos.environ['MINE'] = 'x'\n"
            "c = os.environ['MINE']\nimport modal\n"
            "i = modal.Image.debian_slim().env({'ALSO': 'x'})\n"
            "d = os.getenv('ALSO')\n"
        )
        city = {"name": "CITY", "is_secret": False, "line": 9}
        token = {"name": "WEATHER_TOKEN", "is_secret": True, "line": 10}
        self.assertEqual(self.found["variables"], [city, token])
        self.assertTrue(self.noted("reads CITY: give it a value under `config`"))
        self.assertTrue(self.noted("reads WEATHER_TOKEN: write under `secrets`"))


class AroundTest(DescribedTest):
    def test_hosts_are_whole_or_not_taken(self) -> None:
        found = self.described(
            '"""See https://docs.example.com/"""\nBASE = "https://api.example.com"\n'
            'a = f"{BASE}/x"\nb = f"https://{BASE}/x"\nc = f"https://api.{a}.example.org/"\n'
            'd = "https://api." + a\ne = "http://plain.example.com:8080/x"\nf = "https://api"\n'
            'g = "Read https://shown.example.com, please"\nh = f"https://e.example.com/{a}"\n'
        )
        asked = ["https://api.example.com", "https://e.example.com"]
        self.assertEqual(found["hosts"], ["http://plain.example.com:8080", *asked])
        self.assertEqual(found["unsure_hosts"], ["https://shown.example.com"])

    def test_packages_are_gathered_but_for_those_that_ravenry_brings(self) -> None:
        text = "fastapi-poe==0.0.83\npydantic==2\n# x\nJinja2>=3\n"
        (self.root / "requirements.txt").write_text(text)
        found = self.described(
            BOT + "import bs4, yaml, jinja2\nfrom modal import Image\nMORE = ['pypdf==5.0']\n"
            "i = Image.debian_slim().pip_install('openai', ['idna'], MORE)\n"
            "i = i.uv_pip_install('PyYAML')\n"
            "try:\n    import ujson\nexcept ImportError:\n    pass\n"
        )
        expected = ["Jinja2>=3", "idna", "pypdf==5.0", "PyYAML", "beautifulsoup4"]
        self.assertEqual(sorted(found["packages"]), sorted(expected))
        notes = [note for note in found["notes"] if "imports" in note]
        said = "haiku.py:9 imports `bs4`: is `beautifulsoup4` in requirements.txt its package?"
        self.assertEqual(notes, [said])

    def test_packages_are_found_in_a_list_of_the_file_however_it_is_handed_on(self) -> None:
        listed = "import modal\nREQUIREMENTS = ['idna==3.7', 'pypdf']\nMORE: list[str] = ['rich']\n"
        both = ["idna==3.7", "pypdf"]
        for given, packages in (
            ("REQUIREMENTS", both),
            ("*REQUIREMENTS", both),
            ("REQUIREMENTS + MORE", [*both, "rich"]),
            ("[*REQUIREMENTS, 'rich']", [*both, "rich"]),
            ("'rich', (REQUIREMENTS, MORE)", ["rich", *both]),
            ("*'idna==3.7 pypdf'.split()", both),
        ):
            with self.subTest(given):
                text = f"image = modal.Image.debian_slim().pip_install({given})\n"
                found = self.described(BOT + listed + text)
                self.assertEqual(found["packages"], packages)
                self.assertEqual([note for note in found["notes"] if "installs" in note], [])
        self.found = self.described(BOT + listed + "modal.Image().pip_install(*REQUIREMENTS, *read())")
        self.assertEqual(self.found["packages"], both)
        self.assertTrue(self.noted("installs what is seen only when it runs"))

    def test_files_that_the_code_names_go_along(self) -> None:
        for name in ("helper.py", "words/cat.txt", "words/.hidden", "unnamed.txt", "more.txt"):
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text("open('more.txt')" if name == "helper.py" else "")
        (self.root / "words" / "link").symlink_to("/etc/passwd")
        opens = "import helper\nopen('words/cat.txt')\nopen('requirements.txt')"
        found = self.described(BOT + opens)
        self.assertEqual(found["files"], ["helper.py", "more.txt", "words/cat.txt"])
        text = "from modal import Mount\nm = Mount.from_local_dir('./words', remote_path='/w')"
        found = self.described(BOT + text)
        self.assertEqual((found["files"], found["notes"]), (["words/cat.txt"], []))


class RefusedTest(DescribedTest):
    def refused(self, name: str, content: bytes | None) -> str:
        """What the command says, after `error: `."""
        path = self.root / name
        if content is not None:
            path.write_bytes(content)
        out, error = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            self.assertEqual(build.main(["describe", "--bot", str(path)]), 1)
        self.assertEqual(out.getvalue(), "")
        return error.getvalue()

    def test_what_is_no_bots_file_is_one_sentence(self) -> None:
        for name, content, words in (
            ("a.py", f"x = 1\nkey = '{PLANTED}\n".encode(), "a.py:2: this is not Python: "),
            ("b.py", b"x = 1\ny = '\xff'\n", "b.py:2: this is not text in UTF-8"),
            ("c.py", None, "c.py: name the bot's file"),
            ("d.py", b"x = 1\0", "d.py:1: this is not Python"),
            ("e.txt", b"", "e.txt is not in Python"),
        ):
            said = self.refused(name, content)
            self.assertIn(words, said)
            self.assertEqual((said.count("\n"), said.startswith("error: ")), (1, True), said)
            self.assertNotIn(PLANTED, said)

    def test_the_command_prints_one_object(self) -> None:
        (self.root / "bot.py").write_text("import ravenry\n")
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertEqual(build.main(["describe", "--bot", str(self.root / "bot.py")]), 0)
        self.assertEqual(json.loads(out.getvalue())["file"], "bot.py")


if __name__ == "__main__":
    unittest.main()
