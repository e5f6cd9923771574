"""Requests in a component, against a gateway that traps as the real one does."""

from __future__ import annotations

import asyncio
import gc
import sys
import unittest
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import _fake_wasi as wasi

wasi.install()

from ravenry import _backend, _component_wait, _loop, http  # noqa: E402
from ravenry import _component_http as component  # noqa: E402
from ravenry.failure import HttpError  # noqa: E402

streams: Any = sys.modules["wit_world.imports.streams"]
codes: Any = sys.modules["wit_world.imports.wasi_http_types"]


class World(component.WasiWeb, _component_wait.WasiTime):
    """Time and web as in a component. Sleeping is a matter of turns, too."""

    def monotonic(self) -> float:
        turns: int = wasi.gateway().turn
        return turns / 1e9

    def sleep(self, seconds: float) -> None:
        wasi.gateway().turn += _component_wait.nanoseconds(seconds)


class CancelAt:
    """Runs a coroutine as a task's own, and cancels it at its n-th suspension."""

    def __init__(self, inner: Coroutine[Any, Any, Any], at: int) -> None:
        self._inner = inner
        self._left = at
        self.suspended = 0

    def __await__(self) -> Any:
        to_send: Any = None
        steps = self._inner.__await__()
        while True:
            try:
                waited_for = steps.send(to_send)
            except StopIteration as end:
                value: Any = end.value
                return value
            self.suspended += 1
            if self.suspended == self._left:
                steps.throw(asyncio.CancelledError())
                raise AssertionError("the cancellation was swallowed")
            to_send = yield waited_for


async def upload_and_read() -> list[bytes]:
    """Every way to wait that a request has."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"123456789"
        await asyncio.sleep(0)
        yield b"abc"

    response = await http.fetch("POST", "https://a.test/x", content=pieces())
    return [chunk async for chunk in response.aiter_bytes()]


async def read_whole() -> bytes:
    async with await http.fetch("GET", "https://a.test/x") as response:
        return await response.aread()


async def read_events() -> list[str]:
    response = await http.fetch("POST", "https://a.test/x", json={"a": 1})
    return [event.data async for event in response.aevents()]


class ComponentTest(unittest.TestCase):
    def setUp(self) -> None:
        before = _backend.current
        world: Any = World()
        _backend.current = world
        self.addCleanup(setattr, _backend, "current", before)

    def play(self, chunks: list[Any] | None = None, **rest: Any) -> wasi.Gateway:
        return wasi.play(wasi.Gateway(chunks=chunks or [], **rest))

    def assert_closed(self, host: wasi.Gateway) -> None:
        self.assertEqual(host.left_open(), [])

    def test_a_request_goes_out_and_its_answer_comes_back(self) -> None:
        host = self.play([b"one", b"two"])
        response = http.post(
            "https://a.test:8443/x?y", headers={"X-Key": "k"}, json=[1], timeout=2.5
        )
        self.assertEqual((response.status, response.headers["x-one"]), (200, "1"))
        self.assertEqual(response.read(), b"onetwo")
        self.assertEqual(
            host.request.said,
            {
                "method": "Method_Post",
                "scheme": "Scheme_Https",
                "authority": "a.test:8443",
                "path": "/x?y",
            },
        )
        self.assertEqual(
            host.request.headers,
            [("X-Key", b"k"), ("content-type", b"application/json"), ("content-length", b"3")],
        )
        self.assertEqual((host.sent, host.is_whole), (b"[1]", True))
        self.assertEqual(host.options.set, [2_500_000_000] * 3)
        self.assert_closed(host)

    def test_cancelled_wherever_it_waits_it_closes_pollable_stream_body(self) -> None:
        for make in (upload_and_read, read_whole, read_events):
            at = 0
            while True:
                at += 1
                host = self.play([b"data: one\n\n", b"data: two\n\n"])
                cancel = CancelAt(make(), at)
                with self.subTest(make.__name__, at=at):
                    try:
                        _loop.run(_awaited(cancel))
                    except asyncio.CancelledError:
                        pass
                    self.assert_closed(host)
                    self.assert_order(host.closed)
                if cancel.suspended < at:
                    break
            # Writing, the head, two chunks, the end, the trailers: none was left out.
            self.assertGreater(at, 5, make.__name__)

    def test_a_cancelled_task_hangs_up(self) -> None:
        """The same through the real means: a task that is cancelled after so many turns."""
        for make in (upload_and_read, read_whole, read_events):
            for turns in range(40):
                host = self.play([b"data: one\n\n"])
                with self.subTest(make.__name__, turns=turns):
                    _loop.run(_cancelled_after(make, turns))
                    self.assert_closed(host)
                    self.assert_order(host.closed)

    def assert_order(self, closed: list[str]) -> None:
        for earlier, later in (
            ("pollable of input-stream", "input-stream"),
            ("pollable of output-stream", "output-stream"),
            ("pollable of future-incoming-response", "future-incoming-response"),
            ("pollable of future-trailers", "future-trailers"),
            ("input-stream", "incoming-body"),
            ("output-stream", "outgoing-body"),
        ):
            if earlier in closed and later in closed:
                last = len(closed) - 1 - closed[::-1].index(earlier)
                self.assertLess(last, closed.index(later), closed)

    def test_what_is_dropped_is_closed_in_order_too(self) -> None:
        host = self.play([b"one"])

        async def drop() -> None:
            response = await http.fetch("GET", "https://a.test/x")
            waiting = asyncio.ensure_future(anext(aiter(response.aiter_bytes())))
            await asyncio.sleep(0)
            # A cycle of all of them, which only the collector finds.
            cycle: list[Any] = [response, waiting]
            cycle.append(cycle)

        _loop.run(drop())
        gc.collect()
        self.assert_closed(host)
        self.assert_order(host.closed)

    def test_hanging_up_closes_what_is_waited_for_first(self) -> None:
        host = self.play([b"one"])
        world: Any = _backend.current
        exchange = world.send("POST", "https://a.test/", [], (None, None, None))
        exchange.write(b"1")
        waited_for = [exchange.writable(), exchange.answered()]
        exchange.close()
        self.assert_closed(host)
        self.assert_order(host.closed)
        with self.assertRaisesRegex(RuntimeError, "closed"):
            waited_for[0].ready()
        exchange.close()
        # And where it is only dropped, in a cycle.
        host = self.play([b"one"])
        exchange = world.send("POST", "https://a.test/", [], (None, None, None))
        exchange.write(b"1")
        cycle: list[Any] = [exchange, exchange.writable()]
        cycle.append(cycle)
        del exchange, cycle
        gc.collect()
        self.assert_closed(host)
        self.assert_order(host.closed)

    def test_errors_keep_their_words(self) -> None:
        cases: list[tuple[Any, str, str]] = [
            (codes.ErrorCode_HttpRequestDenied(), "denied", '_hosts = ["https://a.test"]'),
            (codes.ErrorCode_ConnectionTimeout(), "timeout", "https://a.test took too long"),
            (codes.ErrorCode_HttpRequestUriInvalid(), "invalid", "the request to https://a.test"),
            (codes.ErrorCode_ConnectionRefused(), "broken", "https://a.test: ConnectionRefused"),
            (codes.ErrorCode_InternalError("why"), "broken", "InternalError(why)"),
        ]
        for code, kind, words in cases:
            host = self.play(head=wasi.Ok(wasi.Err(code)))
            self.assert_fails(host, kind, words, lambda: http.get("https://a.test/x"))
            # The body broke off: said by the stream, or by the trailers alone.
            error = wasi.Err(streams.StreamError_LastOperationFailed(wasi.IoError(code)))
            host = self.play([b"a", error])
            host.opened.append(error.value.value)
            self.assert_fails(host, kind, words, lambda: http.get("https://a.test/x").read())
            host = self.play([b"a"], end=wasi.Ok(wasi.Err(code)))
            self.assert_fails(host, kind, words, lambda: http.get("https://a.test/x").read())
        for kind, said in (("broken", "reset"), ("timeout", "connection read timeout")):
            error = wasi.Err(streams.StreamError_LastOperationFailed(wasi.IoError(said=said)))
            host = self.play([error])
            self.assert_fails(host, kind, said, lambda: http.get("https://a.test/x").read())
        host = self.play()
        self.assert_fails(host, "invalid", "malformed", lambda: http.get("https://bad.test/x"))

    def assert_fails(
        self, host: wasi.Gateway, kind: str, words: str, call: Callable[[], Any]
    ) -> None:
        with self.assertRaises(HttpError) as raised:
            call()
        self.assertEqual(raised.exception.kind, kind)
        self.assertIn(words, str(raised.exception))
        self.assert_closed(host)

    def test_trailers_are_closed(self) -> None:
        host = self.play([b"a"])
        host.end = wasi.Ok(wasi.Ok(wasi.Fields([])))
        self.assertEqual(http.get("https://a.test/x").read(), b"a")
        self.assert_closed(host)

    def test_an_iterable_that_raises_hangs_up(self) -> None:
        host = self.play()

        def pieces() -> Any:
            yield b"12"
            raise LookupError("mine")

        with self.assertRaises(LookupError):
            http.request("PUT", "https://a.test/x", content=pieces())
        self.assertFalse(host.is_whole)
        self.assert_closed(host)

    def test_seconds_are_counted_in_nanoseconds(self) -> None:
        for seconds, expected in (
            (0, 0),
            (-1, 0),
            (1.5, 1_500_000_000),
            (1e-12, 1),
            (1e300, 2**64 - 1),
            (float("inf"), 2**64 - 1),
        ):
            self.assertEqual(_component_wait.nanoseconds(seconds), expected)


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


async def _cancelled_after(make: Callable[[], Coroutine[Any, Any, Any]], turns: int) -> None:
    task = asyncio.create_task(make())
    for _ in range(turns):
        await asyncio.sleep(0)
        wasi.gateway().turn += turns % 2
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


if __name__ == "__main__":
    unittest.main()
