"""Which sentences are taken for commands, and which are questions."""

import unittest

from guide_commands import FORGET_HINT, LIST_HINT, parse
from ravenry import Message
from ravenry.knowledge import Document
from test_guide import ask, manual, with_files
from test_guide_files import ids


class CommandsTest(unittest.TestCase):
    def check(self, command: str, *texts: str, question: str | None = None) -> None:
        for text in texts:
            asked = text if question is None else question
            self.assertEqual(parse(text), (command, asked), text)

    def test_files_are_listed_and_forgotten_however_people_ask_for_it(self) -> None:
        self.check(
            "list",
            "which files do you have",
            " Which files do you have? ",
            "what files do you have",
            "What files do you have now, please?",
            "Could you tell me which files you have?",
            "which of my files do you have",
            "LIST my files.",
            "list all my files",
            "can you show me my files?",
            "My files, please",
            "What do my files say?",
            "what do my files say about",
            "What do my files say about … please?",
            question="",
        )
        self.check(
            "forget",
            "Forget my files!",
            "please forget my files",
            "Forget my files, please",
            "could you forget my files",
            "Would you please forget all my files now? Thank you!",
            "**forget my files**",
            "_forget my files_",
            "delete my files",
            "Now: remove my files",
            "Can you just erase my files, thanks",
            question="",
        )

    def test_files_are_asked_however_people_ask_for_it(self) -> None:
        for text, question in (
            ("What do my files say about cats?", "cats?"),
            ("what do my files say: cats", "cats"),
            ("what do my files say:cats", "cats"),
            ("what do my files say on\ncats", "on\ncats"),
            ('Please, what do my files say about "cats"?', '"cats"?'),
            ("could you tell me what my files say about now and then?", "now and then?"),
            ("What does my file say about cats, please?", "cats, please?"),
            ("According to my files, what do cats eat?", "what do cats eat?"),
            ("Can you search all my files for cats", "cats"),
        ):
            self.check("ask files", text, question=question)

    def test_what_merely_has_their_words_is_a_question(self) -> None:
        self.check(
            "ask",
            "",
            "?",
            "please",
            "When do you open?",
            "how do I make the app forget my files?",
            "forget my files about cats",
            "Don't forget my files!",
            "don’t delete everything",
            "does a restart delete files?",
            "which files may I delete?",
            "please delete the files of every customer who has left",
            "Which files are read?",
            "What documents do I need for a passport?",
            "which files do you have about cats",
            "what files do you have to have to enter",
            "what do my files sayings",
            "what do my files säy",
            "thanks for what?",
        )

    def test_what_comes_close_to_a_command_hears_how_it_is_written(self) -> None:
        single = "for a single one: forget the file NAME"
        forget = f"To have all of your files removed, write: forget my files; {single}"
        self.assertEqual(FORGET_HINT, forget)
        self.check(
            "near miss",
            "will you delete my files",
            "did you delete my files?",
            "delete my file",
            "Please delete all the documents I uploaded.",
            "wipe everything",
            "remove all data",
            "Clear my documents!",
            "delete lease.txt from my files",
            question=FORGET_HINT,
        )
        list_ = "To see which of your files I have, write: which files do you have"
        self.assertEqual(LIST_HINT, list_)
        self.check(
            "near miss",
            "tell me what my files are",
            "what documents do you have?",
            "Show all documents",
            "list the files",
            "which files have I uploaded so far?",
            "What have I attached?",
            question=LIST_HINT,
        )

        known = manual()
        known.user().put_many(Document.plain(id, "milk") for id in ("lease.txt", "list.txt"))
        kept = ask("delete everything you have of me", known)
        self.assertEqual(kept.text, FORGET_HINT)
        self.assertEqual(ids(kept.knowledge), ["lease.txt", "list.txt"])
        # Where it may be a question, only if nothing is found.
        found = ask("which documents tell of milk?", known).text
        self.assertIn("[1] lease.txt, line 1", found)
        self.assertEqual(ask("which documents mention cats?", known).text, LIST_HINT)
        # Who has just handed over files asks about these.
        files = with_files("What is in the files?", ("new.txt", "tea"))
        self.assertIn("> tea", ask(files, known).text)

    def test_one_file_is_forgotten_by_its_name(self) -> None:
        known = manual()
        names = ("file.txt", "a_b", "a", "now.txt", "manual.md")
        known.user().put_many(Document.plain(id, "milk") for id in names)

        def forgotten(text: str) -> tuple[str, str]:
            transcript = ask(text, known.copy())
            self.assertIsNotNone(transcript.knowledge.document("manual.md"))
            left = ids(transcript.knowledge)
            return " ".join(name for name in names if name not in left), transcript.text

        for text, name in (
            ("delete file.txt", "file.txt"),
            ("Forget the file file.txt!", "file.txt"),
            ('Could you please remove my file "a", thanks', "a"),
            ("forget the file now.txt", "now.txt"),
            ("erase the document: manual.md now, please", "manual.md"),
        ):
            self.assertEqual(forgotten(text), (name, f"I have forgotten {name}."), text)
        self.assertEqual(forgotten("delete a_b"), ("a_b", r"I have forgotten a\_b."))
        for text in (
            "delete FILE.TXT",
            "delete file",
            "delete a-b",
            "delete ab",
            "delete a and a_b",
            "don't delete a",
            "what if I delete a",
        ):
            self.assertEqual(forgotten(text)[0], "", text)

    def test_thanks_are_no_question(self) -> None:
        self.check(
            "thanks",
            "thanks",
            "Thank you!",
            "Thank you very much.",
            "ok",
            "OK, thanks a lot",
            "Great, got it",
            question="",
        )
        before = [Message.user("What does a ticket cost?"), Message.bot("Five francs.")]
        self.assertEqual(ask([*before, Message.user("Thanks!")]).text, "You are welcome.")
