"""Whole replies, event by event, to every word that the cat knows and to words that meet."""

import contextlib
import io
import unittest

from cat import MARKDOWN, Cat
from ravenry import Feedback, Message, Query, Reaction
from ravenry.testing import Scene, Transcript, ask


def meta(content_type: str = "text/markdown", suggested_replies: str = "true") -> str:
    return (
        f'meta {{"content_type":"{content_type}","suggested_replies":{suggested_replies},'
        '"linkify":true,"refetch_settings":false}\n'
    )


META = meta()
ZZZ = 'text {"text":"zzz"}\n'
CRUNCH = 'text {"text":"crunch "}\ntext {"text":"crunch"}\n'
MEOW = (
    'text {"text":"meow "}\ntext {"text":"meow"}\nsuggested_reply {"text":"feed the cat"}\n'
)
PEEK = 'text {"text":"peek "}\nwait 1s\n' * 10
SQUARE = 'error {"text":"Square snacks are not tasty.","allow_retry":true}\n'
CUBE = 'error {"text":"Cube snacks are even less tasty.","allow_retry":false}\n'


def counting(pause: str) -> str:
    numbers = range(1, 11)
    return "".join(f'replace_response {{"text":"{number}"}}\n{pause}' for number in numbers)


class CatTest(unittest.TestCase):
    def says(self, text: str, expected: str) -> Transcript:
        transcript = ask(Cat, text)
        self.assertEqual(str(transcript), expected + "done {}\n", text)
        return transcript

    def test_every_word(self) -> None:
        self.says("hello", META + ZZZ)
        self.says("", META + ZZZ)
        self.says("quickly", META + ZZZ)
        self.says("I have CardBoard here", META + CRUNCH)
        for text in ("to the kitchen", "a meal", "Food!"):
            self.says(text, META + MEOW)
        self.says("a square", META + SQUARE)
        self.says("a cube", META + CUBE)

    def test_peeking_and_counting_take_ten_seconds(self) -> None:
        self.assertEqual(self.says("a stranger", META + PEEK).took, 10)
        self.assertEqual(self.says("count", META + counting("wait 1s\n")).text, "10")
        self.assertEqual(self.says("count quickly", META + counting("")).took, 0)

    def test_plain_and_dog_change_how_the_reply_is_shown(self) -> None:
        self.says("plain", meta("text/plain") + ZZZ)
        self.says("dog", meta(suggested_replies="false") + ZZZ)
        self.says("Plain dog FOOD", meta("text/plain", "false") + MEOW)

    def test_the_first_word_of_the_list_wins(self) -> None:
        self.says("cardboard in the kitchen", META + CRUNCH)
        self.says("a stranger with food", META + MEOW)
        self.says("a square stranger", META + PEEK)
        self.says("a square cube", META + SQUARE)
        self.says("count the cubes", META + CUBE)

    def test_markdown_does_not_end_the_reply(self) -> None:
        self.assertEqual(ask(Cat, "markdown").text, "".join(MARKDOWN) + "zzz")
        self.assertEqual(ask(Cat, "plain markdown food").suggestions, ["feed the cat"])
        refused = ask(Cat, "a markdown cube")
        self.assertEqual(refused.text, "".join(MARKDOWN))
        self.assertEqual(len(refused.events), 17)
        self.assertEqual(ask(Cat, "count quickly in markdown").text, "10")

    def test_only_the_last_message_counts(self) -> None:
        conversation = [Message.user("food"), Message.bot("meow meow"), Message.user("hi")]
        self.assertEqual(ask(Cat, conversation).text, "zzz")
        self.assertEqual(ask(Cat, Query()).text, "zzz")

    def test_a_reader_who_leaves_ends_the_watch(self) -> None:
        transcript = Scene(leaves_after=4).ask(Cat, "a stranger")
        self.assertEqual((transcript.took, transcript.failure), (3, None))

    def test_the_settings_allow_files_and_forgetting(self) -> None:
        settings = Cat().settings()
        self.assertTrue(settings.allow_attachments)
        self.assertEqual(settings.extra, {"allow_user_context_clear": True})
        self.assertEqual(settings.lint(), [])

    def test_a_report_is_one_line_of_the_log(self) -> None:
        log = io.StringIO()
        with contextlib.redirect_stdout(log):
            Cat().on_feedback(Feedback(feedback_type="like\n"))
            Cat().on_reaction(Reaction(reaction="heart"))
        self.assertEqual(len(log.getvalue().splitlines()), 2)
