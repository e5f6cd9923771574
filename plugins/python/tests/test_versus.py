"""Two answers on one page: in which order they grow, what each rival is told, and who may fail."""

import unittest

from ravenry import Failure, Message, PoeError
from ravenry.events import Meta, Replace, Suggest
from ravenry.testing import Scene, Script, Transcript
from versus import NEW_SHARE, Versus

GPT, CLAUDE = "GPT-3.5-Turbo", "Claude-3.5-Haiku"


def ask(gpt: Script | str, claude: Script | str) -> Transcript:
    return Scene().bot(GPT, gpt).bot(CLAUDE, claude).ask(Versus, "hi")


def page(gpt: str, claude: str) -> str:
    return f"**Gpt-3.5-Turbo** says:\n{gpt}\n\n**Claude-3.5-Haiku** says:\n{claude}"


class VersusTest(unittest.TestCase):
    def test_both_answers_grow_at_once(self) -> None:
        gpt = Script().wait(1).text("one").wait(2).text(" more")
        transcript = ask(gpt, Script().wait(2).text("two"))
        self.assertEqual(
            transcript.timed,
            [
                (0, Replace("**Gpt-3.5-Turbo** says:\n")),
                (0, Replace(page("", ""))),
                (1, Replace(page("one", ""))),
                (2, Replace(page("one", "two"))),
                (3, Replace(page("one more", "two"))),
            ],
        )
        # Together, not one after the other.
        self.assertEqual(transcript.took, 3)

    def test_a_replacement_replaces_its_own_half(self) -> None:
        gpt = Script("thinking").wait(1).event(Replace("done"))
        self.assertEqual(ask(gpt, "two").text, page("done", "two"))

    def test_suggestions_pass_and_looks_do_not(self) -> None:
        gpt = Script().event(Meta(linkify=True)).text("one").event(Suggest("more"))
        transcript = ask(gpt, "two")
        self.assertEqual(transcript.suggestions, ["more"])
        self.assertIsNone(transcript.meta)

    def test_each_rival_knows_its_own_words(self) -> None:
        alone = "**Gpt-3.5-Turbo** says:\nalone\n\n**Claude-3.5-Haiku** ran into an error"
        for answer, gpt, claude in (
            (page("I am GPT.", "I am Claude."), "I am GPT.", "I am Claude."),
            (alone, "alone", alone),
            ("something else", "something else", "something else"),
        ):
            quoted = Message.user(page("quoted", "by a person"))
            talk = [quoted, Message.bot(answer), Message.user("go on")]
            transcript = Scene().bot(GPT, "1").bot(CLAUDE, "2").ask(Versus, talk)
            for asked, own in zip(transcript.asked, (gpt, claude), strict=True):
                self.assertEqual(asked.messages, [talk[0], Message.bot(own), talk[2]])

    def test_one_that_fails_leaves_the_other_alone(self) -> None:
        shown = "**Gpt-3.5-Turbo** ran into an error\n\n**Claude-3.5-Haiku** says:\ntwo"
        for fails in (Script("half").fail(Failure("no")), Script().breaks(PoeError("broken"))):
            transcript = ask(fails, Script().wait(1).text("two"))
            self.assertEqual((transcript.text, transcript.failure), (shown, None))

    def test_both_that_fail_fail_the_reply(self) -> None:
        failure = Failure("no", allow_retry=False)
        transcript = ask(Script().fail(failure), Script().breaks(PoeError("broken")))
        self.assertEqual(transcript.failure, failure)

    def test_who_leaves_hangs_up_on_both(self) -> None:
        slow = Script().wait(100).text("late")
        scene = Scene(leaves_after=2).bot(GPT, Script().wait(1).text("one")).bot(CLAUDE, slow)
        transcript = scene.ask(Versus, "hi")
        self.assertEqual((transcript.took, transcript.failure), (1, None))

    def test_long_answers_stay_within_the_reply(self) -> None:
        one, two = Script(), Script()
        for _ in range(3_000):
            one.text("one ")
            two.text("two ")
        transcript = ask(one, two)
        self.assertEqual((transcript.failure, transcript.refused), (None, []))
        self.assertEqual(transcript.text, page("one " * 3_000, "two " * 3_000))
        spent = sum(len(str(event)) for event in transcript.events)
        self.assertLess(spent, 24_000 * (NEW_SHARE + 2))

    def test_the_settings_declare_both(self) -> None:
        self.assertEqual(Versus().settings().server_bot_dependencies, {GPT: 1, CLAUDE: 1})
