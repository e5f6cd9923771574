"""Which files are packed beside a bot's own."""

import unittest

from ravenry._wanted import wanted


class WantedTest(unittest.TestCase):
    def test_modules_that_nobody_brings_are_wanted(self) -> None:
        bot = b"""
import json, ravenry, fastapi_poe
import helper
from near.deep import thing
try:
    import perhaps
except ImportError:
    pass
def later():
    import late
"""
        self.assertEqual(
            [path for path in wanted("bot.py", {"bot.py": bot}) if path.endswith(".py")],
            [
                *("helper.py", "site-packages/helper.py", "near.py", "site-packages/near.py"),
                *("perhaps.py", "site-packages/perhaps.py", "late.py", "site-packages/late.py"),
            ],
        )

    def test_a_module_leads_to_its_own_imports(self) -> None:
        given = {"bot.py": b"import helper", "helper.py": b"import other", "helper": None}
        given |= {"site-packages/helper.py": None, "site-packages/helper": None}
        self.assertEqual(wanted("bot.py", given)[:2], ["other.py", "other"])

    def test_nothing_is_wanted_twice(self) -> None:
        given: dict[str, bytes | None] = {"bot.py": b"import a\nopen('data.json')"}
        while wants := wanted("bot.py", given):
            given |= dict.fromkeys(wants)
        self.assertEqual(given.keys() & {"a.py", "a", "data.json"}, {"a.py", "a", "data.json"})

    def test_paths_in_the_code_are_wanted(self) -> None:
        bot = b"""
TIGER = "assets/tiger.mp4"
open("notes")
Path("prompts") / "cat.txt"
os.path.join(here, "data")
image.add_local_dir("mounted", remote_path="/root/mounted")
"""
        wants = wanted("bot.py", {"bot.py": bot})
        for path in ("assets/tiger.mp4", "notes", "prompts", "cat.txt", "data", "mounted"):
            self.assertIn(path, wants)
        self.assertNotIn("/root/mounted", wants)

    def test_words_and_addresses_are_no_paths(self) -> None:
        bot = b"""
"data"; "hello."; "https://example.com/a.txt"; "../secret.txt"; "/etc/passwd"; "a b?c.txt"
"""
        self.assertEqual(wanted("bot.py", {"bot.py": bot}), [])

    def test_what_lies_in_a_directory_that_was_given_is_there(self) -> None:
        given = {"bot.py": b"open('data/a.txt')", "data": None, "data/b.txt": b""}
        self.assertEqual(wanted("bot.py", given), [])

    def test_packages_and_what_is_no_python_want_nothing(self) -> None:
        given = {"bot.py": b"", "site-packages/x/y.py": b"import z", "bad.py": b"this is no Python"}
        self.assertEqual(wanted("bot.py", given), [])


if __name__ == "__main__":
    unittest.main()
