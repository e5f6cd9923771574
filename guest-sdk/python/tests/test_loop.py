"""The event loop: what asyncio promises, on a clock that is played."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import io
import unittest
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from ravenry import _backend, _loop, _wait
from ravenry._clock import Moment
from ravenry.failure import Stopped
from ravenry.testing import Scene, now


async def after(seconds: float, value: Any) -> Any:
    await asyncio.sleep(seconds)
    return value


class LoopTest(unittest.TestCase):
    def run_in_scene(self, coroutine: Coroutine[Any, Any, Any]) -> tuple[Any, float]:
        """What it gives, and how long it took."""
        with Scene().during():
            return _loop.run(coroutine), now()

    def logged(self, coroutine: Coroutine[Any, Any, Any]) -> str:
        """What it leaves in the log."""
        log = io.StringIO()
        with contextlib.redirect_stderr(log):
            self.run_in_scene(coroutine)
            gc.collect()
        return log.getvalue()

    def test_what_waits_at_the_same_time_takes_as_long_as_the_slowest(self) -> None:
        async def main() -> list[Any]:
            return [*await asyncio.gather(after(3, "a"), after(5, "b"), after(1, "c"))]

        self.assertEqual(self.run_in_scene(main()), (["a", "b", "c"], 5))

    def test_timeouts(self) -> None:
        async def main() -> str:
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(2):
                    await asyncio.sleep(60)
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 3)
            async with asyncio.timeout(60):
                return str(await after(1, "well"))

        self.assertEqual(self.run_in_scene(main()), ("well", 6))

    def test_groups_queues_and_order(self) -> None:
        async def main() -> list[int]:
            queue: asyncio.Queue[int] = asyncio.Queue(2)
            taken: list[int] = []

            async def produce() -> None:
                for number in range(5):
                    await queue.put(number)
                    await asyncio.sleep(1)
                await queue.put(-1)

            async def consume() -> None:
                while (number := await queue.get()) >= 0:
                    taken.append(number)

            async with asyncio.TaskGroup() as group:
                group.create_task(produce())
                group.create_task(consume(), name="consumer")
            for first in asyncio.as_completed([after(2, 8), after(1, 7)]):
                taken.append(await first)
            return taken

        self.assertEqual(self.run_in_scene(main()), ([0, 1, 2, 3, 4, 7, 8], 7))

    def test_contexts_and_names(self) -> None:
        variable = contextvars.ContextVar("variable", default="outside")

        async def main() -> list[str]:
            context = contextvars.copy_context()
            context.run(variable.set, "inside")

            async def look() -> str:
                task = asyncio.current_task()
                return f"{task.get_name() if task else ''} {variable.get()}"

            task = asyncio.create_task(look(), name="one", context=context)
            return [await task, await asyncio.create_task(look(), name="two")]

        self.assertEqual(self.run_in_scene(main())[0], ["one inside", "two outside"])

    def test_a_task_that_fails_unheard_is_one_record(self) -> None:
        async def fail() -> None:
            raise LookupError("mine")

        async def dropped() -> None:
            asyncio.create_task(fail(), name="lost")
            await asyncio.sleep(1)

        kept: list[Any] = []

        async def is_kept() -> None:
            kept.append(asyncio.create_task(fail(), name="kept"))
            await asyncio.sleep(1)

        for main, name in ((dropped(), "lost"), (is_kept(), "kept")):
            log = self.logged(main)
            self.assertEqual(log.count("Traceback (most recent call last):"), 1, log)
            self.assertTrue(log.startswith("Traceback"), log)
            self.assertEqual(log.splitlines()[-1], "LookupError: mine")
            self.assertIn(repr(name), log)

    def test_what_was_heard_or_is_no_fault_is_none(self) -> None:
        async def fail(error: Exception) -> None:
            raise error

        async def main() -> None:
            with contextlib.suppress(LookupError):
                await asyncio.create_task(fail(LookupError()))
            await asyncio.gather(fail(LookupError()), return_exceptions=True)
            with self.assertRaises(ExceptionGroup):
                async with asyncio.TaskGroup() as group:
                    group.create_task(fail(LookupError()))
            asyncio.create_task(fail(Stopped("gone")))
            asyncio.create_task(asyncio.sleep(60)).cancel()
            await asyncio.sleep(1)

        self.assertEqual(self.logged(main()), "")

    def test_what_still_runs_at_the_end_is_cancelled_and_generators_are_closed(self) -> None:
        ended: list[str] = []
        kept: list[AsyncIterator[int]] = []

        async def numbers() -> AsyncIterator[int]:
            try:
                yield 1
                yield 2
            finally:
                await asyncio.sleep(1)
                ended.append("generator")

        async def background() -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append("task")

        async def main() -> int:
            asyncio.create_task(background())
            kept.append(numbers())
            return await anext(kept[0])

        self.assertEqual(self.run_in_scene(main()), (1, 1))
        self.assertEqual(ended, ["task", "generator"])

    def test_a_generator_that_is_left_last_of_all_is_closed_to_its_end(self) -> None:
        said: list[str] = []

        async def numbers(fails: bool) -> AsyncIterator[int]:
            try:
                yield 1
                yield 2
            finally:
                await asyncio.sleep(1)
                said.append("closed")
                if fails:
                    raise ValueError("while it was closed")

        async def main(fails: bool) -> None:
            async for _ in numbers(fails):
                break

        self.assertEqual(self.run_in_scene(main(False)), (None, 1))
        log = self.logged(main(True))
        self.assertEqual(said, ["closed", "closed"])
        self.assertIn("ValueError: while it was closed", log)
        self.assertNotIn("never awaited", log)

    def test_what_ends_the_whole_is_told_of_where_it_ends(self) -> None:
        async def main() -> None:
            raise SystemExit(3)

        log = io.StringIO()
        with contextlib.redirect_stderr(log):
            with self.assertRaises(SystemExit):
                self.run_in_scene(main())
            gc.collect()
        self.assertEqual(log.getvalue(), "")

    def test_an_error_at_the_end_is_told_of(self) -> None:
        async def background() -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                raise LookupError("while leaving")

        async def main() -> None:
            asyncio.create_task(background())
            await asyncio.sleep(0)

        self.assertIn("LookupError: while leaving", self.logged(main()))

    def test_waiting_for_nothing_is_an_error_that_says_where(self) -> None:
        async def stuck() -> None:
            event = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(event.wait(), name="one")
                await after(1, None)
                await asyncio.get_running_loop().create_future()

        async def stuck_in_a_generator() -> AsyncIterator[str]:
            yield "before"
            await asyncio.Event().wait()

        async def read() -> None:
            async for _ in stuck_in_a_generator():
                pass

        async def step() -> None:
            steps = stuck_in_a_generator()
            while await anext(steps, None):
                pass

        for main, line in ((stuck, 5), (read, 2), (step, 2)):
            first = (main if main is stuck else stuck_in_a_generator).__code__.co_firstlineno
            with self.assertRaisesRegex(
                RuntimeError, rf"nothing can bring about.* at .*test_loop\.py:{first + line}"
            ):
                self.run_in_scene(main())
        self.assertIsNone(asyncio._get_running_loop())

    def test_a_task_that_looks_again_and_again_does_not_hang(self) -> None:
        async def main() -> None:
            task = asyncio.create_task(after(1, None))
            while not task.done():
                await asyncio.sleep(0)

        self.assertEqual(self.run_in_scene(main())[1], 1)

    def test_being_busy_takes_no_time(self) -> None:
        async def main() -> None:
            for _ in range(5_000):
                await asyncio.sleep(0)

        self.assertEqual(self.run_in_scene(main())[1], 0)

    def test_pollables_are_seen_while_others_are_busy(self) -> None:
        async def main() -> int:
            waiting = asyncio.create_task(_wait.until(_backend.current.after(0)))
            turns = 0
            while not waiting.done():
                await asyncio.sleep(0)
                turns += 1
            return turns

        self.assertLess(self.run_in_scene(main())[0], 50)

    def test_until_any_closes_all(self) -> None:
        async def main() -> list[bool]:
            world: Any = _backend.current
            moments: list[Moment] = [world.after(seconds) for seconds in (3, 1, 2, 9)]
            await _wait.until_any(moments[:3])
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(1):
                    await _wait.until(moments[3])
            return [moment.is_closed for moment in moments]

        self.assertEqual(self.run_in_scene(main()), ([True] * 4, 2))

    def test_a_loop_within_a_loop(self) -> None:
        async def outer() -> list[Any]:
            ticks: list[Any] = []

            async def tick() -> None:
                await asyncio.sleep(1)
                ticks.append("tick")

            task = asyncio.create_task(tick())
            await asyncio.sleep(0)
            current = asyncio.current_task()
            ticks.append(_loop.run(after(5, "inner")))
            self.assertIs(asyncio.current_task(), current)
            await task
            return ticks

        self.assertEqual(self.run_in_scene(outer()), (["inner", "tick"], 5))

    def test_asyncio_run_uses_it(self) -> None:
        async def kind() -> bool:
            await asyncio.sleep(2)
            return isinstance(asyncio.get_running_loop(), _loop.Loop)

        with Scene().during(), _loop.installed():
            self.assertTrue(asyncio.run(kind()))
            with asyncio.Runner() as runner:
                self.assertTrue(runner.run(kind()))
            loop = asyncio.get_event_loop()
            self.assertTrue(loop.run_until_complete(kind()))
            loop.close()
            self.assertEqual(now(), 6)
        self.assertFalse(asyncio.run(is_ours()))

    def test_what_cannot_work_says_so_in_a_sentence(self) -> None:
        async def main() -> None:
            loop = asyncio.get_running_loop()
            for call, word in (
                (lambda: asyncio.to_thread(print), "threads"),
                (lambda: loop.run_in_executor(None, print), "threads"),
                (lambda: asyncio.open_connection("a.test", 80), "sockets"),
                (lambda: loop.getaddrinfo("a.test", 80), "sockets"),
                (lambda: asyncio.create_subprocess_exec("ls"), "processes"),
                (lambda: _async(loop.add_signal_handler)(2, print), "signals"),
            ):
                with self.assertRaisesRegex(NotImplementedError, f"^a bot .*{word}"):
                    await call()

        self.run_in_scene(main())

    def test_awaiting_in_another_loop_says_so(self) -> None:
        async def main() -> None:
            await _wait.until(_backend.current.after(1))

        theirs = asyncio.Runner(loop_factory=asyncio.SelectorEventLoop)
        with Scene().during(), theirs, self.assertRaisesRegex(RuntimeError, "loop here is another"):
            theirs.run(main())


def _async(function: Any) -> Any:
    async def call(*values: Any) -> Any:
        return function(*values)

    return call


async def is_ours() -> bool:
    return isinstance(asyncio.get_running_loop(), _loop.Loop)


if __name__ == "__main__":
    unittest.main()
