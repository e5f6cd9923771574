"""What is kept of whom, and what people are told about it."""

import unittest

from notes import CHARACTERS_MAX, HELP, KEY, NOTES_MAX, Notes
from ravenry import Message, Query
from ravenry.testing import Scene, Store, Transcript


def by(user_id: str, text: str) -> Query:
    return Query(messages=[Message.user(text)], user_id=user_id, conversation_id="c")


def say(store: Store, *texts: str) -> Transcript:
    """What Anna is told last, when she says one after the other."""
    scene = Scene(store=store)
    transcript = Transcript([], 0, None, [], [], [], [], [])
    for text in texts:
        transcript = scene.ask(Notes, by("anna", text))
        scene.store(transcript.store)
    return transcript


class NotesTest(unittest.TestCase):
    def test_words_are_understood_as_people_write_them(self) -> None:
        noted = say(Store(), "remember a", "remember b").store
        for text, said in (
            ("remember the milk", "Noted, as number 3."),
            ("  Remember:  the milk \n", "Noted, as number 3."),
            ("note : a: b", "Noted, as number 3."),
            ("NOTE\ntwo\nlines", "Noted, as number 3."),
            ("remember", HELP),
            ("remember:", HELP),
            ("List", "- **1** a\n- **2** b\n"),
            ("list of animals", HELP),
            ("forget 2", "Forgotten: b"),
            ("forget: #12", "You have no note 12."),
            ("Forget Everything", "I have forgotten your 2 notes."),
            ("forget all", "I have forgotten your 2 notes."),
            ("forget", HELP),
            ("forget me", HELP),
            ("forget -1", HELP),
            ("forget 99999999999999999999", HELP),
            ("rememberé", HELP),
            ("", HELP),
        ):
            self.assertEqual(say(noted, text).text, said, text)

    def test_what_is_noted_is_listed_until_it_is_forgotten(self) -> None:
        noted = say(Store(), "remember milk", "note: two\nlines")
        self.assertEqual((noted.text, noted.suggestions), ("Noted, as number 2.", ["list"]))
        listed = say(noted.store, "list")
        self.assertEqual(listed.text, "- **1** milk\n- **2** two lines\n")
        forgotten = say(listed.store, "forget 1")
        self.assertEqual(forgotten.text, "Forgotten: milk")
        again = say(forgotten.store, "forget 1")
        self.assertEqual(again.text, "You have no note 1.")
        # The numbers of the others stay, and none is given again.
        listed = say(again.store, "remember eggs", "list")
        self.assertEqual(listed.text, "- **2** two lines\n- **3** eggs\n")
        empty = say(listed.store, "forget everything", "list")
        self.assertEqual(empty.text, "You have no notes.")
        following = say(empty.store, "remember tea")
        self.assertEqual(following.text, "Noted, as number 4.")
        kept = {"last": 4, "notes": {"4": "tea"}}
        self.assertEqual(following.store.user("anna")[KEY], kept)
        self.assertEqual(say(following.store, "forget all").text, "I have forgotten your note.")

    def test_nobody_sees_what_another_has_noted(self) -> None:
        scene = Scene(store=say(Store(), "remember a secret").store)
        for text, answer in (
            ("list", "You have no notes."),
            ("forget 1", "You have no note 1."),
            ("forget everything", "You have no notes."),
        ):
            bert = scene.ask(Notes, by("bert", text))
            self.assertEqual(bert.text, answer)
            self.assertEqual(say(bert.store, "list").text, "- **1** a secret\n")

    def test_a_person_has_so_many_notes_and_so_long_ones(self) -> None:
        most = "é" * CHARACTERS_MAX
        noted = say(Store(), f"remember {most}")
        self.assertEqual(noted.text, "Noted, as number 1.")
        refused = say(noted.store, f"remember {most}é")
        assert refused.failure and not refused.failure.allow_retry
        self.assertEqual(refused.store, noted.store)
        full = Store()
        notes = {str(number): "a note" for number in range(1, NOTES_MAX + 1)}
        full.user("anna")[KEY] = {"last": NOTES_MAX, "notes": notes}
        refused = say(full, "remember one more")
        self.assertIn("100 notes", str(refused.failure))
        self.assertEqual(refused.store, full)
        noted = say(full, "forget 7", "remember one more")
        self.assertEqual(noted.text, "Noted, as number 101.")
        lines = say(noted.store, "list").text.splitlines()
        self.assertEqual((len(lines), lines[-1]), (100, "- **101** one more"))

    def test_who_is_nobody_is_told_politely(self) -> None:
        transcript = Scene().ask(Notes, by("", "remember the milk"))
        assert transcript.failure and not transcript.failure.allow_retry
        self.assertEqual(transcript.store, Store())

    def test_it_says_what_it_can_do_before_and_when_it_does_not_understand(self) -> None:
        self.assertEqual(Notes().settings().introduction_message, HELP)
        transcript = say(Store(), "Good morning!")
        self.assertEqual(transcript.text, HELP)
        self.assertEqual(transcript.suggestions, ["remember the milk"])
        self.assertEqual(transcript.store, Store())
