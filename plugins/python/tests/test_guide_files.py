"""What is kept of files, and which of them a question is about."""

import unittest

from ravenry import Message, Query
from ravenry.events import Text
from ravenry.knowledge import Document, KnowledgeError
from ravenry.testing import Knowledge
from test_guide import MANUAL, NOTHING, NOTHING_MINE, POE, ask, manual, poe, with_files


def ids(known: Knowledge, user_id: str = "user") -> list[str]:
    return [document.id for document in known.user(user_id).documents()]


class FilesTest(unittest.TestCase):
    def test_files_are_taken_in_searched_listed_and_forgotten(self) -> None:
        files = (("list.txt", "milk and eggs"), ("cat.png", None), ("empty.txt", " "))
        taken = ask(with_files("", *files))
        refused = "I cannot read cat.png, empty.txt.\n\n"
        self.assertEqual(taken.text, f"I have taken in list.txt.\n\n{refused}")
        self.assertEqual(taken.suggestions, ["which files do you have"])
        known = taken.knowledge
        self.assertEqual(ids(known), ["list.txt"])

        found = ask("What do my files say about milk and a ticket?", known).text
        self.assertIn("> milk and eggs", found)
        self.assertNotIn("francs", found)
        nothing = ask("what do my files say about tickets", known).text
        self.assertEqual(nothing, f"{NOTHING_MINE} They are about: list.txt.")
        self.assertEqual(ask("Which files do you have?", known).text, "- **list.txt**, 13 bytes\n")

        forgotten = ask("forget my files", known)
        self.assertEqual(forgotten.text, "I have forgotten your file.")
        known = forgotten.knowledge
        self.assertEqual(ids(known), [])
        self.assertIsNotNone(known.document("manual.md"))
        self.assertEqual(ask("forget my files", known).text, "I have no files of yours.")
        none = ask("list my files", known).text
        self.assertTrue(none.startswith("I have no files of yours."), none)

    def test_a_file_that_comes_again_takes_the_place_of_the_one_before(self) -> None:
        both = (("list.txt", "milk"), ("plan.txt", "bake"))
        known = ask(with_files("", *both)).knowledge
        again = ask(with_files("tea", ("list.txt", "tea"), ("new.txt", "new")), known)
        in_place = "I have taken in list.txt, in the place of the one before.\n\n"
        said = f"I have taken in new.txt.\n\n{in_place}**[1]**\n\n> tea"
        self.assertTrue(again.text.startswith(said), again.text)
        told = ask(with_files("", *both), known).text
        in_place = "in the place of the ones before"
        self.assertEqual(told, f"I have taken in list.txt, plan.txt, {in_place}.\n\n")
        self.assertEqual(ids(again.knowledge), ["list.txt", "new.txt", "plan.txt"])
        # Another person never sees it.
        bert = Query(messages=[Message.user("tea")], user_id="bert")
        self.assertTrue(ask(bert, again.knowledge).text.startswith(NOTHING))

    def test_files_of_one_name_or_of_none_are_all_kept(self) -> None:
        files = (
            ("", "one"),
            ("notes.txt", "two"),
            ("notes.txt", "three"),
            ("notes-2.txt", "four"),
            ("file", "five"),
            (" ", "six"),
            (".env", "seven"),
            (".env", "eight"),
        )
        taken = ask(with_files("", *files, ("", None)), Knowledge())
        names = "file-2, notes.txt, notes-3.txt, notes-2.txt, file, file-3, .env, .env-2"
        told = f"I have taken in {names}.\n\nI cannot read file-4.\n\n"
        self.assertEqual(taken.text, told)
        for name, (_, text) in zip(names.split(", "), files, strict=True):
            document = taken.knowledge.document(name, "user")
            self.assertEqual(document and document.text, text, name)
        one = ask(with_files("", ("", "one"))).text
        self.assertEqual(one, "I have taken in file.\n\n")

    def test_a_question_with_files_is_answered_from_them_first(self) -> None:
        cost = "What does a ticket cost?"
        # More, and better ones, than a search without files has.
        known = manual()
        known.user().put_many(Document.plain(f"n{number}", cost) for number in range(30))

        def answer(text: str, *files: tuple[str, str | None]) -> str:
            return ask(with_files(text, *files), known.copy()).text.partition("**Sources**\n\n")[2]

        rail, milk = ("rail", "ticket: 7"), ("milk", "milk")
        self.assertEqual(answer(cost, rail), "- [1] rail, line 1\n")
        two = answer(cost, rail, milk, ("bus", "a ticket: 2"))
        self.assertEqual(two, "- [1] bus, line 1\n- [2] rail, line 1\n")
        seven = answer(cost, *((name, "ticket") for name in "1234567"))
        self.assertEqual(len(seven.splitlines()), 6)
        # The bot's own document of that name is another one.
        same = answer(cost, ("manual.md", "ticket: 9"))
        self.assertEqual(same, "- [1] manual.md, line 1\n")
        # Where they say nothing, or cannot be read, all are asked.
        self.assertIn("Manual › Tickets", answer(cost, milk))
        self.assertIn("Manual › Tickets", answer(cost, ("rail", None)))
        # Who says "my files" means all of them.
        mine = answer("what do my files say about a ticket cost", rail)
        self.assertIn("n0, line 1", mine)
        self.assertNotIn("Manual", mine)

    def test_what_was_asked_before_is_asked_of_files_where_nothing_else_is(self) -> None:
        def answer(last: str) -> str:
            before = Message.user("What does a ticket cost?")
            return ask([before, *with_files(last, ("rail", "ticket: 7"))]).text

        follow_up = answer("For kids, too?")
        self.assertTrue(follow_up.endswith("\n\n- [1] rail, line 1\n"), follow_up)
        self.assertIn("[1] Manual › Opening hours", answer("Opening hours?"))

    def test_where_nothing_is_found_the_beginning_of_a_file_is_the_answer(self) -> None:
        lease = ("lease.txt", "\n \nThe rent is 900 francs.\r\n\r\nNo cats.\n")
        said = "**[1]**\n\n> The rent is 900 francs.\n> \n> No cats.\n\n\n\n**Sources**\n\n"
        shown = f"I have taken in lease.txt.\n\n{said}- [1] lease.txt, lines 3–5\n"
        mine = "what do my files say about dogs"
        for text in ("Summarise this", "what is in here?", "Dogs?", mine):
            self.assertEqual(ask(with_files(text, lease)).text, shown, text)
        # Neither what was asked before nor words that are anywhere lead elsewhere.
        known = manual()
        known.user().put(Document.plain("other", "What does this file say?"))
        before = Message.user("What does a ticket cost?")
        for text in ("Hm?", "What does this file say?"):
            answer = ask([before, *with_files(text, lease)], known.copy()).text
            self.assertEqual(answer, shown, text)
        # Each has its part, and is cut between words.
        seven = with_files("Summarise these", *((name, "words " * 2_000) for name in "1234567"))
        (asked,) = ask(seven, scene=poe(Text("Long.")), config=POE).asked
        sent = asked.messages[0].content
        self.assertIn("[6] 6\nwords words", sent)
        self.assertNotIn("[7]", sent)
        self.assertEqual(sent.count("words …\n\n"), 6)
        self.assertEqual(sent.count("words"), 6 * 166)

    def test_a_file_in_markdown_has_its_structure(self) -> None:
        (message,) = with_files("ticket?", ("mine.md", MANUAL))
        message.attachments[0].content_type = "text/markdown"
        self.assertIn("[1] Manual › Tickets, mine.md", ask([message], Knowledge()).text)

    def test_many_files_are_listed_in_part(self) -> None:
        known = Knowledge()
        known.user().put_many(Document.plain(f"{number}.txt", "text") for number in range(52))
        listed = ask("which files do you have", known).text
        self.assertEqual(len(listed.splitlines()), 51)
        self.assertTrue(listed.endswith("- and 2 more\n"), listed)
        self.assertEqual(ask("forget my files", known).text, "I have forgotten your 52 files.")

    def test_refusals_of_the_gateway_are_told(self) -> None:
        one = with_files("", ("list.txt", "milk"))
        known = manual()
        known.refusal = KnowledgeError("unavailable", "away")
        for query in ([Message.user("ticket?")], one):
            failure = ask(query, known).failure
            self.assertTrue(failure and failure.allow_retry)
        # What cannot be kept takes no answer away.
        known.refusal = KnowledgeError("full", "no more than 9 bytes are kept")
        told = "I could not keep list.txt, plan.txt: no more than 9 bytes are kept.\n\n"
        for text, said in (
            ("", ""),
            ("ticket?", "- [1] Manual › Tickets, manual.md lines 7–9\n"),
            ("Summarise these", "- [1] list.txt, line 1\n- [2] plan.txt, line 1\n"),
        ):
            files = (("list.txt", "milk"), ("plan.txt", "bake"))
            answer = ask(with_files(text, *files), known).text
            self.assertTrue(answer.startswith(told) and answer.endswith(said), answer)
        known.refusal = KnowledgeError("full")
        self.assertEqual(ask(one, known).text, "I could not keep list.txt.\n\n")
        large = ask(with_files("", ("large.txt", "x" * (4 * 1024 * 1024 + 1))))
        told = "I could not keep large.txt: a text has at most 4194304 bytes.\n\n"
        self.assertEqual(large.text, told)
