"""Makes the components that bots in Python are packed with: installs the tool, and runs it.

    python3 -I build.py runtime  --cache DIR --out runtime.wasm
    python3 -I build.py packaged --cache DIR --requirements requirements.txt --bot bot.py
    python3 -I build.py describe --bot bot.py

`runtime` makes the one that all bots without packages share. `packaged` prints where the one is with the
packages that a file of requirements names, pure Python alone, and imported are those modules of them that
the bot imports; it is in the cache, and made when these change. `describe` prints what a bot's file says
of itself, as one JSON object.

Python 3.11 or later with `venv`, and nothing else. What goes wrong is one line `error: …`, and
the exit code 1. All of it may run twice at once. `DIR` of `--cache` may be removed at any time.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from build_described import described  # noqa: E402
from build_inputs import imports, inputs  # noqa: E402
from build_lasting import mark  # noqa: E402
from build_packages import install, pure  # noqa: E402
from build_requirements import Problem  # noqa: E402

TOOL = """\
componentize-py==0.25.0 \
    --hash=sha256:7a3c378af2fe9026c07899e9b92a94725346355185c247d28570a359f05373cb \
    --hash=sha256:9940df0d2408ec7e9c1a7d3645fd7c25926759867b28709b89fca007fc879d0e \
    --hash=sha256:a5f0c0ec5c451d3d9f238aa41b00ab91af1f340054b7f5e3e8b0c04d5c77e10c \
    --hash=sha256:c3efc804e16ee28aa16be75fb7da8c39729806e736ad626ea7f8db46619dab53 \
    --hash=sha256:cc085b1b92213aa2f0747e80c144a7e80922430c0d4caa787045bf6ae58935d1 \
    --hash=sha256:d40832bc690ef244f219ae7e2d428c7b8754d23e011db99892205642a243ecda
"""
ZONES = """\
tzdata==2026.6 \
    --hash=sha256:0a10eec6e13ef16b627fabed9a5f2ba61a62b1c67f327305f4e7e412a70b4aec
"""

WORLD = "ravenry:python/python"
NAMES = ("ravenry:bot/types@0.1.0=types",)
"""What the tool calls interfaces whose names would clash."""

WORK_KEPT = 86_400
"""Seconds after which the working directory of a build that was killed is removed."""

UNUSED_KEPT = 30 * 86_400
"""Seconds after which tools are removed that no build has used."""

DISK_FULL = 4 << 20
"""With fewer bytes than this left, a program that failed has failed for want of them."""


def say(text: str) -> None:
    """A line of progress."""
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit code."""
    parser = argparse.ArgumentParser(prog="build.py", description="Makes components of bots.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, options in (
        ("runtime", runtime, "out"),
        ("packaged", packaged, "requirements bot"),
        ("describe", describe, "bot"),
    ):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        needs_tools = run is not describe
        command.add_argument("--cache", type=Path, required=needs_tools, help="for tools, kept")
        for option in options.split():
            command.add_argument(f"--{option}", type=Path, required=True)
    given = parser.parse_args(arguments)
    try:
        check_python()
        for name, value in vars(given).items():
            if isinstance(value, Path):
                setattr(given, name, value.absolute())
        given.run(given)
    except Problem as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {explained(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def check_python() -> None:
    """Refuses a Python that cannot make environments."""
    if sys.version_info < (3, 11):
        raise Problem(
            f"this is Python {sys.version.split()[0]} ({sys.executable}), and 3.11 or later is"
            " needed"
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise Problem(
            f"this Python ({sys.executable}) has no `venv` with pip: install it (Debian, Ubuntu:"
            " `apt install python3-venv`)"
        ) from None


def explained(error: OSError) -> str:
    """A refusal of the file system, with what to do."""
    where = error.filename or "a directory"
    if error.errno == errno.ENOSPC:
        return f"the disk is full ({where}): the tools need about 150 MB, a component 50"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{where} cannot be written: give write permission, or name another directory"
    if error.errno == errno.ENOENT:
        return f"{where} is not there: was it moved or removed during the build? build again"
    return f"{where}: {error.strerror or error}"


def failed(what: str, why: str, cache: Path) -> Problem:
    """Why a program failed: a full disk, which programs name as they like, or what it said."""
    if shutil.disk_usage(cache).free < DISK_FULL or "No space left" in why:
        return Problem(explained(OSError(errno.ENOSPC, "", str(cache))))
    return Problem(f"{what}: {why}")


# The tool.


def tool(cache: Path) -> Path:
    """The directory with componentize-py and the time zones; installed where it is not there."""
    inputs = "\n".join((TOOL, ZONES, sys.version, os.path.realpath(sys.executable), "1"))
    place = cache / f"tool-{digest(inputs.encode())}"
    if usable(place):
        with contextlib.suppress(OSError):
            os.utime(place)
        return place
    cache.mkdir(parents=True, exist_ok=True)
    with locked(place.with_suffix(".lock")):
        if usable(place):
            return place
        say("installing componentize-py (about 40 MB, once)")
        shutil.rmtree(place, ignore_errors=True)
        with working(cache) as work:
            made = run([sys.executable, "-I", "-m", "venv", str(work / "tool")])
            if made.returncode:
                raise failed("no environment can be made", last_line(made.stdout), cache)
            for name, pinned in (("tool", TOOL), ("zones", ZONES)):
                (work / f"{name}.txt").write_text(pinned, encoding="utf-8")
            python = interpreter(work / "tool")
            install(python, work / "tool.txt", None)
            install(python, work / "zones.txt", work / "tool" / "zones")
            # The tool mounts the packages of this environment in every component: there are none.
            empty = work / "tool" / "empty" / "lib" / "python3" / "site-packages"
            empty.mkdir(parents=True)
            os.replace(work / "tool", place)
    return place


def usable(place: Path) -> bool:
    """Whether the tool is installed there, and its Python still on this machine."""
    return (place / "empty").is_dir() and interpreter(place).exists()


def interpreter(environment: Path) -> Path:
    """The Python of an environment."""
    windows = os.name == "nt"
    return environment / ("Scripts" if windows else "bin") / ("python.exe" if windows else "python")


def digest(content: bytes) -> str:
    """A short name for these bytes."""
    return hashlib.sha256(content).hexdigest()[:16]


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds a lock between processes; whoever comes second waits."""
    with open(path, "a+b") as file:
        if os.name == "nt":
            import msvcrt

            while True:
                with contextlib.suppress(OSError):
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
                    break
        else:
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another build prepares the tools: waiting")
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def working(cache: Path) -> Iterator[Path]:
    """A directory for one build, removed after it."""
    cache.mkdir(parents=True, exist_ok=True)
    for pattern, kept in (("work-*", WORK_KEPT), ("*-*[0-9a-f]", UNUSED_KEPT)):
        for old in cache.glob(pattern):
            with contextlib.suppress(OSError):
                if old.is_dir() and time.time() - old.stat().st_mtime > kept:
                    shutil.rmtree(old, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix="work-", dir=cache))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def run(
    command: Sequence[str], environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a program; its output in one text."""
    return subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def last_line(output: str) -> str:
    """What a program said last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"


# Components.


def componentize(cache: Path, work: Path, packages: Path | None, out: Path) -> None:
    """Makes the component that bots are packed with."""
    place = tool(cache)
    # A copy, because Python writes what it compiles beside the sources.
    source = work / "source"
    shutil.copytree(HERE / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
    notes = work / "notes"
    notes.mkdir()
    (notes / "ravenry-notes.txt").touch()
    paths = [source, place / "zones", collected(cache, place, source), notes]
    made = work / "made.wasm"
    done = run_tool(place, "ravenry._runtime", [*paths, *([packages] if packages else [])], made)
    if done.returncode or not made.exists():
        raise failed("componentize-py failed", reason(done.stdout), cache)
    mark(made, (notes / "ravenry-lasting.bin").read_bytes())
    publish(made, out)


def collected(cache: Path, place: Path, source: Path) -> Path:
    """The directory with Python's library, compiled; made where it is not there."""
    inputs = (source / "ravenry" / "_library.py").read_bytes() + place.name.encode()
    library = cache / f"library-{digest(inputs)}"
    with locked(library.with_suffix(".lock")):
        if not library.is_dir():
            say("compiling Python's library (once)")
            with working(cache) as work:
                (work / "library").mkdir()
                order = work / "library" / "ravenry-library.txt"
                order.touch()
                paths = [source, place / "zones", work / "library"]
                done = run_tool(place, "ravenry._collect", paths, work / "none.wasm")
                if not (work / "library" / "ravenry-library.bin").exists():
                    what = "Python's library cannot be compiled"
                    raise failed(what, reason(done.stdout), cache)
                order.unlink()
                os.replace(work / "library", library)
        with contextlib.suppress(OSError):
            os.utime(library)
    return library


def run_tool(
    place: Path, entry: str, paths: Sequence[Path], made: Path
) -> subprocess.CompletedProcess[str]:
    """Runs componentize-py, with these directories as `sys.path`."""
    wit = made.with_name("wit")
    if not wit.exists():
        interfaces(wit)
    command = [str(interpreter(place)), "-I", "-c", "import componentize_py as c; c.script()", "-q"]
    command += ["-d", str(wit), "-w", WORLD]
    for name in NAMES:
        command += ["--import-interface-name", name]
    command += ["componentize", entry, "-o", str(made)]
    for path in paths:
        command += ["-p", str(path)]
    return run(command, {"VIRTUAL_ENV": str(place / "empty")})


def interfaces(place: Path) -> None:
    """Puts together the world of Python and the interface of bots, which lies beside the SDK."""
    wit, deps = HERE.parent.parent / "wit", place / "deps"
    keyvalue = "wasi-keyvalue"
    for source, target in (
        (HERE / "wit", place),
        (wit, deps / "bot"),
        (wit / "deps" / keyvalue, deps / keyvalue),
    ):
        target.mkdir(parents=True)
        for file in source.glob("*.wit"):
            shutil.copyfile(file, target / file.name)


def reason(output: str) -> str:
    """What the tool said, without its own stack."""
    said = output.partition("Stack backtrace:")[0].partition("AssertionError: ")
    return (said[2] or said[0]).partition("\n\nCaused by:")[0].strip() or last_line(output)


def publish(made: Path, out: Path) -> None:
    """Puts a file in its place, whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    new = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        shutil.move(made, new)
        os.replace(new, out)
    finally:
        new.unlink(missing_ok=True)


def runtime(given: argparse.Namespace) -> None:
    """The command `runtime`."""
    with working(given.cache) as work:
        timed("building the shared runtime", componentize, given.cache, work, None, given.out)


def packaged(given: argparse.Namespace) -> None:
    """The command `packaged`."""
    modules = imports(given.bot)
    tools = (TOOL, ZONES, sys.version)
    made_from = inputs(tools, given.requirements, modules)
    place = given.cache / f"packaged-{digest(made_from)}"
    given.cache.mkdir(parents=True, exist_ok=True)
    with locked(place.with_suffix(".lock")):
        if not place.is_dir():
            with working(given.cache) as work:
                packages = work / "packages"
                target = packages / "site-packages"
                target.mkdir(parents=True)
                python = interpreter(tool(given.cache))
                what = "installing the bot's packages"
                timed(what, pure, python, given.requirements, target, work, say)
                (packages / "ravenry-packages.txt").write_text("\n".join(modules), encoding="utf-8")
                new = work / "packaged" / "interpreter.wasm"
                what = "building the runtime with them"
                timed(what, componentize, given.cache, work, packages, new)
                os.replace(new.parent, place)
        with contextlib.suppress(OSError):
            os.utime(place)
    print(place / "interpreter.wasm")


def describe(given: argparse.Namespace) -> None:
    """The command `describe`."""
    print(json.dumps(described(given.bot)))


def timed(what: str, do: Callable[..., None], *values: object) -> None:
    """Does something, and says what, and how long it took."""
    say(what)
    start = time.monotonic()
    do(*values)
    say(f"done in {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
