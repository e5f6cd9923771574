"""What a bot of fastapi_poe yields in vain: the log says so, once, with the line that yields it."""

from __future__ import annotations

import unittest

from _author_files import bot_of
from _bots import quietly

from ravenry.events import Error, Meta, Text
from ravenry.testing import Scene, Script


class PassedOver(unittest.TestCase):
    def test_what_is_passed_over_is_said_once_with_its_line(self) -> None:
        source = """
import fastapi_poe as fp
class B(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="a")
        yield fp.MetaResponse(text="")
        yield self.meta_event(content_type="text/plain")
        yield fp.ErrorResponse(text="e")
        yield fp.PartialResponse(text="b")
        for _ in range(3):
            yield fp.DataResponse(metadata="c")
"""
        with quietly() as log:
            told = Scene().ask(bot_of(source), "hi")
        self.assertEqual([type(event) for event in told.events], [Text, Error])
        lines = log.getvalue().splitlines()
        self.assertEqual(len(lines), 2, lines)
        late = r"line 6: a `MetaResponse` is not sent: it counts only as the first event$"
        self.assertRegex(lines[0], r"^author_file_\d+\.py, " + late)
        after = r"line 9: what is yielded after an error is not sent: an error ends the reply$"
        self.assertRegex(lines[1], r"^author_file_\d+\.py, " + after)

    def test_how_another_bot_is_shown_may_come_late_without_a_word(self) -> None:
        source = """
import fastapi_poe as fp
class B(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="a")
        async for event in fp.stream_request(request, "A", ""):
            yield event
    async def get_settings(self, setting):
        return fp.SettingsResponse(server_bot_dependencies={"A": 1})
"""
        scene = Scene().bot("A", Script().event(Meta("text/plain")).text("b"))
        with quietly() as log:
            told = scene.ask(bot_of(source), "hi")
        self.assertEqual((told.text, log.getvalue()), ("ab", ""))

    def test_a_data_event_is_no_answer_and_the_log_says_so(self) -> None:
        source = """
import fastapi_poe as fp
class B(fp.PoeBot):
    async def get_response(self, request):
        yield {}
        yield {}
"""
        data = "fp.DataResponse(metadata='d')"
        for first, second, is_said in (
            (data, "self.suggested_reply_event('s')", True),
            (data, "fp.PartialResponse(text='')", True),
            ("self.data_event('d')", data, True),
            (data, "fp.PartialResponse(text='a')", False),
            ("self.text_event('a')", data, False),
            (data, "self.file_event('u', 'c', 'n')", False),
            (data, "fp.ErrorResponse(text='')", False),
            ("self.suggested_reply_event('s')", "fp.PartialResponse(text='')", False),
        ):
            with self.subTest(first=first, second=second), quietly() as log:
                Scene().ask(bot_of(source.format(first, second)), "hi")
            said = log.getvalue()
            self.assertEqual(said.count("\n"), int(is_said), said)
            if is_said:
                words = r": the reply is a data event alone, which is no text: for the platform"
                self.assertRegex(said, r"^author_file_\d+\.py, line [56]" + words)


if __name__ == "__main__":
    unittest.main()
