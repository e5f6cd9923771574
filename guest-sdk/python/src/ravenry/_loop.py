"""The event loop of asyncio, over what the gateway can wait for.

Tasks, futures, timers, queues, locks, timeouts and groups work as everywhere. What needs threads,
sockets, processes or signals raises `NotImplementedError` with one sentence.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from asyncio import events, tasks
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

from . import _backend, _log
from ._wait import NothingToWaitFor, Waits
from .failure import Stopped

T = TypeVar("T")

_NO_THREADS = (
    "a bot has no threads: call the function itself, which makes the other tasks wait for it, or"
    " await one that is async"
)
_NO_SOCKETS = "a bot has no sockets: use `ravenry.http`, or `urllib.request`, for HTTP"
_NO_PROCESSES = "a bot has no processes and no pipes: it is alone in its sandbox"
_NO_SIGNALS = "a bot gets no signals: a call that is given up is ended by the gateway"


class Loop(asyncio.BaseEventLoop):
    """An event loop that waits for pollables. Made by `run`, and by `asyncio.run` in a bot."""

    def __init__(self) -> None:
        super().__init__()
        #: What tasks wait for.
        self.waits = Waits(self._until_timer)
        # The base class waits through this, and through the two methods below.
        self._selector = self.waits
        self._failed: list[weakref.ref[asyncio.Task[Any]]] = []
        self._tasks = 0
        self._closing: set[asyncio.Task[Any]] = set()

    def _process_events(self, event_list: list[asyncio.Future[None]]) -> None:
        for future in event_list:
            if not future.done():
                future.set_result(None)

    def _until_timer(self) -> float | None:
        timers: list[asyncio.TimerHandle] = getattr(self, "_scheduled", [])
        return timers[0].when() - self.time() if timers else None

    def _write_to_self(self) -> None:
        """There is no other thread that could find this one waiting."""

    def time(self) -> float:
        """Seconds of the gateway's clock, or of a test's."""
        return _backend.current.monotonic()

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """A task, which is told of at the end where it fails and its result is not asked for."""
        task: asyncio.Task[Any] = super().create_task(coro, **self._named(options))
        task.add_done_callback(self._keep_failed)
        return task

    def _named(self, options: dict[str, Any]) -> dict[str, Any]:
        """With the name that Python gives, counted in each query from the start."""
        self._tasks += 1
        if options.get("name") is None:
            options["name"] = f"Task-{self._tasks}"
        return options

    def _asyncgen_finalizer_hook(self, agen: AsyncGenerator[Any, Any]) -> None:
        # What the base class does, but that the task is remembered: the end cancels all others.
        generators: Any = getattr(self, "_asyncgens", None)
        generators.discard(agen)
        if not self.is_closed():
            self.call_soon(self._close_generator, agen)

    def _close_generator(self, agen: AsyncGenerator[Any, Any]) -> None:
        self._closing.add(self.create_task(agen.aclose()))

    def _keep_failed(self, task: asyncio.Task[Any]) -> None:
        # `_log_traceback` is asyncio's own note that the exception was not asked for. A task
        # that is dropped tells of it by itself; one that lives to the end would not.
        if not task.cancelled() and getattr(task, "_log_traceback", False):
            self._failed.append(weakref.ref(task))

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """One record in the log; none for a reply that takes no more, which is no fault, and none for
        what ends the loop itself, where it is told of."""
        error = context.get("exception")
        if isinstance(error, BaseException):
            if not isinstance(error, (Stopped, SystemExit, KeyboardInterrupt)):
                _log.exception(error, _circumstance(context))
        else:
            _log.line(str(context.get("message") or "an error in the event loop"))

    def run_until_complete(self, future: Any) -> Any:
        """Runs this to its end.

        `RuntimeError` where it waits for what can never happen; the sentence says where.
        """
        try:
            if self._EAGER and asyncio.iscoroutine(future):
                future = self._begun(future)
                if future.done():
                    return future.result()
            return super().run_until_complete(future)
        except NothingToWaitFor:
            raise RuntimeError(
                "everything here waits for something that nothing can bring about: "
                + _places(asyncio.all_tasks(self))
            ) from None

    #: Whether tasks can begin at once: since Python 3.12.
    _EAGER = hasattr(asyncio.BaseEventLoop, "_run_forever_setup")

    def _begun(self, coroutine: Any) -> asyncio.Task[Any]:
        """A task that has run until it waits for the first time. Most bots never do: asking others
        and saying something blocks, unless it is awaited. Such a bot costs no turn of the loop."""
        this: Any = self
        this._run_forever_setup()
        try:
            options = self._named({"eager_start": True})
            return asyncio.Task(coroutine, loop=self, **options)
        finally:
            this._run_forever_cleanup()

    def finish(self) -> None:
        """Cancels what still runs, closes asynchronous generators, tells of lost errors, closes."""
        try:
            tasks = asyncio.all_tasks(self) - self._closing
            if tasks:
                for task in tasks:
                    task.cancel()
                self.run_until_complete(_all_done(tasks))
            for task in tasks:
                if not task.cancelled() and (error := task.exception()) is not None:
                    self.call_exception_handler({"exception": error, "task": task})
            # Where there is none to close, this is a task and a turn of the loop for nothing.
            if self._closing or getattr(self, "_ready", True) or getattr(self, "_asyncgens", True):
                self.run_until_complete(self._close_generators())
            self._report_failed()
        finally:
            self.close()

    async def _close_generators(self) -> None:
        # For those that were left just now: a turn of the loop begins to close them.
        await asyncio.sleep(0)
        await self.shutdown_asyncgens()
        if self._closing:
            await asyncio.wait(self._closing)

    def _report_failed(self) -> None:
        for reference in self._failed:
            task = reference()
            if task is not None and getattr(task, "_log_traceback", False):
                self.call_exception_handler({"exception": task.exception(), "task": task})
        self._failed.clear()


def _refusing(sentence: str) -> Callable[..., NoReturn]:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError(sentence)

    return refuse


#: What the base class would try, or would refuse without a word.
_REFUSED = {
    _NO_THREADS: ["run_in_executor"],
    _NO_SOCKETS: [
        *("getaddrinfo", "getnameinfo", "create_connection", "create_server", "start_tls"),
        *("create_datagram_endpoint", "create_unix_connection", "create_unix_server"),
        *("connect_accepted_socket", "sendfile", "add_reader", "remove_reader", "add_writer"),
        *("remove_writer", "sock_recv", "sock_recv_into", "sock_recvfrom", "sock_recvfrom_into"),
        *("sock_sendall", "sock_sendto", "sock_connect", "sock_accept", "sock_sendfile"),
    ],
    _NO_PROCESSES: [
        *("subprocess_exec", "subprocess_shell", "connect_read_pipe", "connect_write_pipe"),
    ],
    _NO_SIGNALS: ["add_signal_handler", "remove_signal_handler"],
}
for _sentence, _names in _REFUSED.items():
    for _name in _names:
        setattr(Loop, _name, _refusing(_sentence))


def _circumstance(context: dict[str, Any]) -> str:
    task = context.get("task", context.get("future"))
    if isinstance(task, asyncio.Task):
        return f"in the task {task.get_name()!r}, which nobody awaited"
    return f"({context.get('message') or 'in the event loop'})"


def _places(pending: Iterable[asyncio.Task[Any]]) -> str:
    """Where tasks stand, by their names: the innermost line of each outside libraries."""
    return "; ".join(sorted(f"{task.get_name()} at {_place(task)}" for task in pending))


def _place(task: asyncio.Task[Any]) -> str:
    place = "its end"
    inner: Any = task.get_coro()
    while inner is not None:
        frame = _first(inner, "cr_frame", "gi_frame", "ag_frame")
        if frame is not None and not _is_library(frame.f_globals.get("__name__", "")):
            place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        inner = _first(inner, "cr_await", "gi_yieldfrom", "ag_await") or _generator(inner)
    return place


def _generator(step: Any, depth: int = 3) -> Any:
    """The asynchronous generator that this is one step of, if it is: it does not say itself."""
    for one in gc.get_referents(step) if depth else ():
        if hasattr(one, "ag_frame"):
            return one
        if hasattr(one, "__await__") and (found := _generator(one, depth - 1)) is not None:
            return found
    return None


def _first(value: Any, *names: str) -> Any:
    """The first of these members that there is."""
    return next((getattr(value, name) for name in names if hasattr(value, name)), None)


def _is_library(module: str) -> bool:
    root = module.partition(".")[0]
    return root == "ravenry" or root in sys.stdlib_module_names


async def _all_done(tasks: set[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


#: A loop that was made beforehand, in a component: for the first that is needed in a call.
prepared: list[Loop] = []


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end, and everything that it started.

    Tasks that still run then are cancelled and waited for; asynchronous generators are closed.
    Within a running loop it works too, and that loop stands still meanwhile.
    """
    outer = events._get_running_loop()
    if outer is not None:
        return _run_within(outer, coroutine)
    loop = prepared.pop() if prepared else Loop()
    try:
        result: T = loop.run_until_complete(coroutine)
        return result
    finally:
        loop.finish()


def _run_within(outer: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> T:
    """The same while another loop runs, in which this is one step of one task."""
    # Since 3.12 a thread has one current task, whichever loop it belongs to.
    swap: Any = getattr(tasks, "_swap_current_task", None)
    task = swap and swap(outer, None)
    events._set_running_loop(None)
    try:
        return run(coroutine)
    finally:
        events._set_running_loop(outer)
        if swap:
            swap(outer, task)


def _of_events(name: str) -> Any:
    """What decides about loops: public until 3.13, and for asyncio alone since."""
    return getattr(events, f"_{name}", None) or getattr(events, name)


class _Policy(_of_events("AbstractEventLoopPolicy")):  # type: ignore[misc]
    """Has `asyncio.run`, `asyncio.Runner` and `asyncio.get_event_loop` make loops of ours."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def get_event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or self._loop.is_closed():
            self._loop = self.new_event_loop()
        return self._loop

    def set_event_loop(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self._loop = loop

    def new_event_loop(self) -> Loop:
        return Loop()


def install() -> None:
    """Makes this the loop of `asyncio.run` and its like from now on."""
    _of_events("set_event_loop_policy")(_Policy())


@contextmanager
def installed() -> Generator[None, None, None]:
    """Makes it their loop for a while; for tests."""
    former = _of_events("get_event_loop_policy")()
    install()
    try:
        yield
    finally:
        _of_events("set_event_loop_policy")(former)
