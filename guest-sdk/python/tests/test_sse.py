"""Server-sent events, by the rules of the web and however they are cut."""

from __future__ import annotations

import asyncio
import unittest

from ravenry import _loop, http, sse
from ravenry.failure import HttpError
from ravenry.testing import Scene, Upstream, now

BROKEN = HttpError("broken", "reset")


def read(chunks: list[bytes]) -> list[tuple[str, str]]:
    """All events of a body that arrives in these chunks."""
    upstream = Upstream()
    for chunk in chunks:
        upstream = upstream.body(chunk)
    with Scene().upstream("https://up.test/", upstream).during():
        events = http.get("https://up.test/x").events()
        return [(event.event, event.data) for event in events]


class SseTest(unittest.TestCase):
    def test_events_are_read_by_the_rules_of_the_web(self) -> None:
        a, b = ("message", "a"), ("message", "b")
        for name, body, expected in (
            ("LF", "data: a\n\ndata: b\n\n", [a, b]),
            ("CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", [a, b]),
            ("CR", "data: a\r\rdata: b\r\r", [a, b]),
            ("byte order mark", "\ufeffdata: a\n\n", [a]),
            ("no space", "data:a\n\n", [a]),
            ("two spaces", "data:  a\n\n", [("message", " a")]),
            ("several lines", "data: a\ndata:\ndata: b\n\n", [("message", "a\n\nb")]),
            ("comments", ": hello\n\n:\ndata: a\n: x\n\n", [a]),
            ("a name", "event: text\ndata: a\n\n", [("text", "a")]),
            ("an empty name", "event\ndata: a\n\n", [a]),
            ("unknown fields", "foo: 1\nretry: 5\nid: 7\ndata: a\n\n", [a]),
            ("no data", "event: text\nid: 7\n\ndata: a\n\n", [a]),
            ("no end", "data: a\n\ndata: lost\n", [a]),
            ("beyond ASCII", "data: é 😀\u2028\x85\x0b\n\n", [("message", "é 😀\u2028\x85\x0b")]),
            ("no stream", "<html><body>Bad gateway</body></html>", []),
            ("nothing", "", []),
        ):
            whole = body.encode()
            self.assertEqual(read([whole]), expected, name)
            # However the bytes are cut, also within characters and line ends.
            self.assertEqual(read([bytes([byte]) for byte in whole]), expected, name)
            for cut in range(len(whole)):
                self.assertEqual(read([whole[:cut], whole[cut:]]), expected, f"{name} at {cut}")

    def test_what_is_no_text_is_replaced(self) -> None:
        body = b'data: \xf0\x9f\n\nevent: \xff\ndata: {"a":"b"}\n\n'
        expected = [("message", "\ufffd"), ("\ufffd", '{"a":"b"}')]
        for cut in range(len(body)):
            self.assertEqual(read([body[:cut], body[cut:]]), expected, cut)

    def test_the_size_of_one_event_is_bounded(self) -> None:
        kilobytes = b"x" * (64 * 1024)
        for start in (b"data: ", b"foo: ", b": ", b"data: a\r\ndata:"):
            with self.assertRaises(HttpError) as raised:
                read([start, *[kilobytes] * 17])
            self.assertEqual(raised.exception.kind, "too-large", start)
        with self.assertRaises(HttpError):
            read([b"data: " + kilobytes + b"\n"] * 17)
        self.assertEqual(read([b": " + kilobytes + b"\r\n\r\n"] * 40), [])
        self.assertEqual(len(read([b"data: " + kilobytes + b"\r\n\r\n"] * 40)), 40)

    def test_an_upstream_that_breaks_off_ends_the_events_with_its_error(self) -> None:
        upstream = Upstream().body("data: a\n\ndata: b").breaks(BROKEN)
        with Scene().upstream("https://up.test/", upstream).during():
            events = http.get("https://up.test/x").events()
            self.assertEqual(next(events).data, "a")
            with self.assertRaises(HttpError) as raised:
                next(events)
            self.assertEqual(raised.exception, BROKEN)
            self.assertEqual(list(events), [])

    def test_done_is_known_and_json_is_read(self) -> None:
        upstream = Upstream.events(['{"a":\n1}', "[DONE]", "[done]"])
        with Scene().upstream("https://up.test/", upstream).during():
            with http.get("https://up.test/x").events() as events:
                first, done, other = events
        self.assertEqual((first.json(), first.is_done, first.id), ({"a": 1}, False, None))
        self.assertEqual((done.is_done, other.is_done), (True, False))
        with self.assertRaises(HttpError) as raised:
            done.json()
        self.assertEqual(raised.exception.kind, "malformed")

    def test_an_identifier_belongs_to_its_event(self) -> None:
        events = sse.Parser().feed(b"id: 7\ndata: a\n\ndata: b\n\nid: \0\ndata: c\n\n")
        self.assertEqual([event.id for event in events], ["7", None, None])

    def test_several_streams_at_once(self) -> None:
        async def one(seconds: int) -> list[str]:
            response = await http.fetch("GET", f"https://{seconds}.test/")
            return [event.data async for event in response.aevents()]

        async def all_() -> list[list[str]]:
            return await asyncio.gather(*map(one, (1, 2, 3)))

        scene = Scene()
        for seconds in (1, 2, 3):
            slow = Upstream()
            for number in range(2):
                slow = slow.wait(seconds).body(f"data: {number}\n\n")
            scene.upstream(f"https://{seconds}.test/", slow)
        with scene.during():
            self.assertEqual((_loop.run(all_()), now()), ([["0", "1"]] * 3, 6))


if __name__ == "__main__":
    unittest.main()
