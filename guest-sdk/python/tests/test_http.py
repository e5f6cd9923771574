"""Requests, and what upstreams do to their answers."""

from __future__ import annotations

import asyncio
import unittest
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

from ravenry import _http_target, _loop, http
from ravenry.failure import HttpError
from ravenry.testing import PlayedRequest, Scene, Upstream, now

URL = "https://up.test/x"


def read(bytes_max: int) -> bytes:
    return http.get(URL).read(bytes_max)


def called(name: str) -> Any:
    return getattr(http.get(URL), name)()


class HttpTest(unittest.TestCase):
    def setUp(self) -> None:
        self.sent: list[PlayedRequest] = []

    def against(self, upstream: Upstream, run: Callable[[], Any]) -> Any:
        """Runs code with an upstream at `https://up.test/`."""

        def answer(request: PlayedRequest) -> Upstream:
            self.sent.append(request)
            return upstream

        with Scene().upstream("https://up.test/", answer).during():
            return run()

    def refused(self, upstream: Upstream, run: Callable[[], Any]) -> HttpError:
        with self.assertRaises(HttpError) as raised:
            self.against(upstream, run)
        return raised.exception

    def test_a_request_leaves_whole(self) -> None:
        def run() -> tuple[int, str, str]:
            response = http.post(
                "https://up.test/y?z",
                headers={"Authorization": "Bearer key"},
                params={"a": "b c", "n": None, "l": [1, True]},
                json=[1, "é"],
                timeout=http.Timeouts(between_bytes=9),
            )
            return response.status, response.headers["X-ONE"], response.text()

        upstream = Upstream(404).header("X-One", "1").header("x-one", "2").body("not ").body("here")
        self.assertEqual(self.against(upstream, run), (404, "1, 2", "not here"))
        sent = self.sent[0]
        self.assertEqual(
            (sent.method, sent.url), ("POST", "https://up.test/y?z&a=b+c&l=1&l=true")
        )
        self.assertEqual(
            sent.headers,
            [
                ("Authorization", "Bearer key"),
                ("content-type", "application/json"),
                ("content-length", "8"),
            ],
        )
        self.assertEqual((sent.body, sent.json()), ('[1,"é"]'.encode(), [1, "é"]))
        self.assertEqual(sent.timeouts, (None, None, 9))
        # Values of headers are secrets as often as not.
        self.assertNotIn("Bearer", repr(sent))

    def test_bodies(self) -> None:
        def pieces() -> Iterator[bytes]:
            yield b"1"
            yield b"" + b"2" * 100_000

        form = "application/x-www-form-urlencoded"
        length = "content-length"
        cases: list[tuple[dict[str, Any], bytes, dict[str, str]]] = [
            ({"data": {"a": "é", "b": [1, 2]}}, b"a=%C3%A9&b=1&b=2", {"content-type": form}),
            ({"data": [("a", 1), ("a", False)]}, b"a=1&a=false", {"content-type": form}),
            ({"data": "é"}, "é".encode(), {length: "2"}),
            ({"content": "half \ud83d"}, "half \ufffd".encode(), {length: "8"}),
            ({"content": bytearray(b"12")}, b"12", {length: "2"}),
            ({"content": pieces()}, b"1" + b"2" * 100_000, {}),
            ({"json": None}, b"", {length: "0"}),
            ({"json": float("nan")}, b"null", {length: "4"}),
            (
                {"json": {}, "headers": [("Content-Type", "application/x")]},
                b"{}",
                {"Content-Type": "application/x"},
            ),
        ]
        for arguments, body, headers in cases:
            self.sent.clear()
            self.against(Upstream(), partial(http.post, URL, **arguments))
            self.assertEqual(self.sent[0].body, body, arguments)
            for name, value in headers.items():
                self.assertIn((name, value), self.sent[0].headers, arguments)
            if "content" in arguments and not headers:
                self.assertIsNone(self.sent[0].header(length))
        self.sent.clear()
        self.against(Upstream(), lambda: http.get(URL))
        self.assertEqual(self.sent[0].headers, [])

    def test_calls_that_make_no_sense(self) -> None:
        async def awaited() -> AsyncIterator[bytes]:
            yield b""

        cases: list[tuple[dict[str, Any], type[Exception], str]] = [
            ({"json": 1, "data": "x"}, TypeError, "one body"),
            ({"content": awaited()}, TypeError, "http.fetch"),
            ({"headers": {"a": 1}}, TypeError, "'a' is no text, but 'int'"),
            ({"timeout": 0}, ValueError, "more than 0 seconds"),
            ({"timeout": float("nan")}, ValueError, "more than 0 seconds"),
            ({"headers": {"a b": "1"}}, HttpError, "no name of a header"),
            ({"headers": {"a": "secret\r\nx: y"}}, HttpError, "characters that no header"),
        ]
        for arguments, kind, words in cases:
            with self.assertRaisesRegex(kind, words) as raised:
                self.against(Upstream(), partial(http.post, URL, **arguments))
            self.assertNotIn("secret", str(raised.exception))
        with self.assertRaisesRegex(HttpError, "no method"):
            http.request("GET /", URL)
        self.assertEqual(self.sent, [])

    def test_collecting_is_bounded_and_kept(self) -> None:
        upstream = Upstream().body("1234").body("").body("5678")

        def twice() -> list[Any]:
            response = http.get(URL)
            return [response.read(8), response.text(), response.json(), [*response.iter_bytes()]]

        whole = b"12345678"
        self.assertEqual(self.against(upstream, twice), [whole, whole.decode(), 12345678, [whole]])
        for bytes_max in (0, 3, 4, 7):
            error = self.refused(upstream, partial(read, bytes_max))
            self.assertEqual(error.kind, "too-large")
        self.assertEqual(
            self.against(upstream, lambda: [*http.get(URL).iter_bytes()]), [b"1234", b"5678"]
        )

    def test_texts_and_json(self) -> None:
        latin = Upstream().header("content-type", 'text/plain; charset="ISO-8859-1"').body(b"\xe9")
        self.assertEqual(self.against(latin, lambda: http.get(URL).text()), "é")
        unknown = Upstream().header("content-type", "text/plain; charset=wat").body("é")
        self.assertEqual(self.against(unknown, lambda: http.get(URL).text()), "é")
        marked = Upstream().body(b'\xef\xbb\xbf{"a": 184467440737095516160}')
        self.assertEqual(self.against(marked, lambda: http.get(URL).json()), {"a": 10 * 2**64})
        for body, call in (
            (b"\xff", "text"),
            (b"\xff", "json"),
            (b"{", "json"),
            (b"[" * 100_000, "json"),
        ):
            error = self.refused(Upstream().body(body), partial(called, call))
            self.assertEqual(error.kind, "malformed", (body[:9], call))

    def test_a_status_is_an_error_where_one_asks(self) -> None:
        busy = Upstream(429).header("Retry-After", " 7").body("x" * 5_000)
        error = self.refused(busy, lambda: http.get(URL).raise_for_status())
        self.assertEqual(
            (error.kind, error.status, len(error.body), error.retry_after_seconds),
            ("status", 429, 4_096, 7),
        )
        cut = Upstream(500).body("half").breaks(HttpError("broken", "reset"))
        self.assertEqual(self.refused(cut, lambda: http.get(URL).raise_for_status()).body, "half")
        for status in (200, 204, 299):
            ok = self.against(Upstream(status), lambda: http.get(URL).raise_for_status().ok)
            self.assertTrue(ok)
        for status in (199, 300, 301):
            self.refused(Upstream(status), lambda: http.get(URL).raise_for_status())

    def test_a_host_that_is_not_allowed_is_named_with_the_line_to_add(self) -> None:
        with Scene().during(), self.assertRaises(HttpError) as raised:
            http.get("https://api.test:8443/v1?k#f")
        self.assertEqual(raised.exception.kind, "denied")
        self.assertIn('allowed_outbound_hosts = ["https://api.test:8443"]', str(raised.exception))

    def test_a_host_that_breaks_off_or_cannot_be_reached(self) -> None:
        reset = HttpError("broken", "reset")
        self.assertEqual(
            self.refused(Upstream.unreachable(reset), lambda: http.get(URL)), reset
        )
        half = Upstream().body("half").breaks(reset)

        def run() -> list[bytes]:
            response = http.get(URL)
            chunks = response.iter_bytes()
            first = next(chunks)
            with self.assertRaises(HttpError):
                next(chunks)
            return [first, *chunks, *response.iter_bytes()]

        self.assertEqual(self.against(half, run), [b"half"])

    def test_timeouts_of_a_played_host(self) -> None:
        slow = Upstream().wait(3).body("a").wait(5).body("b")
        for timeout, expected, at in (
            (http.Timeouts(first_byte=2), None, 2),
            (http.Timeouts(between_bytes=4), ["a"], 7),
            (6, ["a", "b"], 8),
        ):
            def run(timeout: Any = timeout) -> tuple[Any, float]:
                got: list[str] = []
                try:
                    response = http.get(URL, timeout=timeout)
                    for chunk in response.iter_bytes():
                        got.append(chunk.decode())
                except HttpError as error:
                    self.assertEqual(error.kind, "timeout")
                return got or None, now()

            self.assertEqual(self.against(slow, run), (expected, at))

    def test_requests_overlap_where_they_are_awaited(self) -> None:
        async def fetch(path: str) -> str:
            async with await http.fetch("GET", f"https://up.test/{path}") as response:
                return await (await response.araise_for_status()).atext()

        async def both() -> list[str]:
            return [*await asyncio.gather(fetch("3"), fetch("5"))]

        def answer(request: PlayedRequest) -> Upstream:
            half = int(request.url[-1]) / 2
            return Upstream().wait(half).body("a").wait(half).body("b")

        with Scene().upstream("https://up.test/", answer).during():
            self.assertEqual((_loop.run(both()), now()), (["ab", "ab"], 5))

    def test_an_awaited_body_is_sent(self) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in (b"1", b"2"):
                await asyncio.sleep(1)
                yield piece

        async def run() -> Any:
            return await (await http.fetch("PUT", URL, content=pieces())).ajson()

        result = self.against(Upstream.json({"a": 1}), lambda: _loop.run(run()))
        self.assertEqual((result, self.sent[0].body), ({"a": 1}, b"12"))

    def test_a_url_is_taken_apart_and_never_repeated(self) -> None:
        for url, expected in (
            ("https://a.test", ("https://a.test", "/")),
            ("HTTP://a.test:8080/x/y", ("http://a.test:8080", "/x/y")),
            ("https://a.test?q=1", ("https://a.test", "/?q=1")),
            ("https://a.test/?q=a/b#f/g", ("https://a.test", "/?q=a/b")),
            ("https://a.test#f", ("https://a.test", "/")),
            ("https://[::1]:8/x", ("https://[::1]:8", "/x")),
            ("https://a.test/é x?ü=%20+", ("https://a.test", "/%C3%A9%20x?%C3%BC=%20+")),
            ("https://bücher.test:8/x", ("https://xn--bcher-kva.test:8", "/x")),
        ):
            target = _http_target.parse(url)
            self.assertEqual((target.origin, target.path), expected)
        for url in ("https:///secret", "https://me:secret@a.test/", "ftp://secret", "secret"):
            with self.assertRaises(HttpError) as raised:
                http.get(url)
            self.assertEqual(raised.exception.kind, "invalid")
            self.assertNotIn("secret", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
