"""Whose image is looked at, what is painted, where the painting stands, and who may fail."""

import unittest
from dataclasses import replace

from outfit import ADVISER, PAINTER, TASK, Outfit
from ravenry import Attachment, Failure, Message, PoeError, Query
from ravenry.events import File, Replace
from ravenry.testing import Scene, Script


def attached(name: str, content_type: str) -> Attachment:
    return Attachment(f"https://files.test/{name}", content_type, name)


def message(text: str, *files: Attachment) -> Message:
    return replace(Message.user(text), attachments=list(files))


ME = message("hi", attached("me.jpg", "image/jpeg"))


def painter() -> Script:
    script = Script("Painting...")
    for name in ("draft.png", "top.png"):
        script.event(File(f"https://painter.test/{name}", "image/png", name))
    return script


class OutfitTest(unittest.TestCase):
    def test_a_top_is_recommended_and_shown(self) -> None:
        scene = Scene().bot(ADVISER, Script("A red ").text("shirt. ")).bot(PAINTER, painter())
        transcript = scene.ask(Outfit, [ME])
        self.assertEqual(
            str(transcript),
            r"""text {"text":"A red "}
text {"text":"shirt. "}
text {"text":"\n\nGenerating an example image..."}
file {"url":"https://files.test/1","content_type":"application/octet-stream","name":"top.png","inline_ref":"ref00001"}
text {"text":"\n\nHere's an image of the recommended top![new_top][ref00001]"}
done {}
""",
        )
        self.assertEqual(transcript.uploads[0].from_url, "https://painter.test/top.png")
        advised, painted = transcript.asked
        self.assertEqual(advised.messages, [replace(ME, content=TASK)])
        wanted = "Please create an image of a A red shirt. only. White background."
        self.assertEqual(painted.messages, [replace(ME, content=wanted)])

    def test_the_newest_image_of_a_person_counts(self) -> None:
        image = attached("b.png", "image/png")
        notes, other = attached("notes.txt", "text/plain"), attached("c.png", "image/png")
        bots = replace(Message.bot("look"), attachments=[attached("bots.png", "image/png")])
        conversation = [ME, message("two", notes, image, other), bots, message("and now?")]
        scene = Scene().bot(ADVISER, "A hat").bot(PAINTER, painter())
        advised, painted = scene.ask(Outfit, conversation).asked
        # It goes along with the question, although the last message has no file.
        self.assertEqual(advised.messages[0].attachments, [image])
        # The painter knows the conversation.
        self.assertEqual(painted.messages[:3], conversation[:3])

    def test_no_image_is_told_so(self) -> None:
        notes = message("hi", attached("notes.txt", "text/plain"))
        for query in (Query.of("hi"), Query(), Query.of([notes])):
            transcript = Scene().ask(Outfit, query)
            self.assertTrue(transcript.text.startswith("Please attach an image"))
            self.assertEqual(transcript.asked, [])

    def test_a_replaced_recommendation_is_the_one_that_is_painted(self) -> None:
        adviser = Script("Thinking").event(Replace("A hat"))
        transcript = Scene().bot(ADVISER, adviser).bot(PAINTER, painter()).ask(Outfit, [ME])
        self.assertTrue(transcript.text.startswith("A hat\n\nGenerating"), transcript)
        self.assertIn(" a A hat only", transcript.asked[1].messages[0].content)

    def test_nothing_recommended_or_painted_may_be_retried(self) -> None:
        quiet = Scene().bot(ADVISER, Script(" \n")).ask(Outfit, [ME])
        unable = "I was unable to get a clothing recommendation from Claude."
        self.assertEqual(quiet.failure, Failure(unable))
        self.assertEqual(len(quiet.asked), 1)
        blind = Scene().bot(ADVISER, "A hat").bot(PAINTER, "I cannot.").ask(Outfit, [ME])
        nothing = "The Imagen3-Fast bot did not return an image of the top."
        self.assertEqual(blind.failure, Failure(nothing))
        self.assertEqual(blind.text, "A hat\n\nGenerating an example image...")

    def test_a_bot_that_fails_at_either_step_ends_the_reply(self) -> None:
        refused = Script("A").fail(Failure("Out of words.", allow_retry=False))
        for script, retry in ((refused, False), (Script("A").breaks(PoeError("broken")), True)):
            first = Scene().bot(ADVISER, script)
            second = Scene().bot(ADVISER, "A hat").bot(PAINTER, script)
            for questions, scene in ((1, first), (2, second)):
                transcript = scene.ask(Outfit, [ME])
                self.assertEqual(transcript.failure and transcript.failure.allow_retry, retry)
                self.assertEqual((len(transcript.asked), transcript.uploads), (questions, []))

    def test_the_settings_allow_files_and_declare_both_bots(self) -> None:
        settings = Outfit().settings()
        self.assertTrue(settings.allow_attachments)
        self.assertEqual(settings.server_bot_dependencies, {ADVISER: 1, PAINTER: 1})
