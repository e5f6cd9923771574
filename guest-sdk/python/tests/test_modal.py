"""What the stand-in for Modal notes for the build, and what it refuses."""

from __future__ import annotations

import os
import unittest
from unittest import mock

import modal
from _author_files import bot_of, load

from ravenry import bot as ravenry_bot


class Modal(unittest.TestCase):
    """What the stand-in notes."""

    def test_mounts_packages_and_variables(self) -> None:
        mounts: list[modal.Mounted] = []
        packages: list[str] = []
        with (
            mock.patch.object(modal._noted, "mounts", mounts),
            mock.patch.object(modal._noted, "packages", packages),
            mock.patch.object(modal._noted, "_variables", {}),
            mock.patch.dict("os.environ", {"KEPT": "yes"}),
        ):
            (
                modal.Image.debian_slim(python_version="3.12")
                .apt_install("curl")
                .pip_install(["a", "b==1"], "a")
                .env({"KEPT": "no", "NEW": "1", "NONE": None})
                .add_local_dir("assets", remote_path="/root/assets")
                .add_local_file("x/words.txt", "/root/")
                .run_commands("true")
            )
            self.assertEqual((os.environ["KEPT"], os.environ["NEW"]), ("yes", "1"))
            self.assertNotIn("NONE", os.environ)
        self.assertEqual(packages, ["a", "b==1"])
        self.assertEqual(
            mounts,
            [
                modal.Mounted("assets", "/root/assets", True),
                modal.Mounted("x/words.txt", "/root/words.txt", False),
            ],
        )

    def test_what_is_not_there_is_refused_by_name(self) -> None:
        with self.assertRaisesRegex(AttributeError, "`Volume.commit` is not there"):
            modal.Volume.from_name("v").commit()
        with self.assertRaisesRegex(ImportError, "`modal.Sandbox` is not there"):
            load("from modal import Sandbox")
        function = load("import modal\n@modal.App('a').function(cpu=1)\ndef f(): return 1\n").f
        self.assertEqual((function(), function.local()), (1, 1))
        with self.assertRaisesRegex(RuntimeError, "no other machine"):
            function.remote()

    def test_a_file_without_a_bot(self) -> None:
        with self.assertRaises(LookupError):
            with mock.patch.object(ravenry_bot, "_exported", {}):
                bot_of("import modal\napp = modal.App('a')")


if __name__ == "__main__":
    unittest.main()
