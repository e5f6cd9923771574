"""Installs packages for components: pure Python alone, and without what Ravenry brings itself."""

from __future__ import annotations

import hashlib
import json
import os
import re
import runpy
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from build_requirements import OURS, Problem, at, normal, placed, wanted

VERSION = "3.14"
"""The Python inside components, whatever runs here."""

REFUSED = Path(__file__).resolve().parent / "src" / "ravenry" / "_refused.py"
"""The table of what cannot work, and what to use instead."""

PURE = ("--only-binary", ":all:", "--python-version", VERSION, "--implementation", "py",
        "--abi", "none", "--platform", "any")  # fmt: skip
"""What pip is told so that it takes wheels of pure Python alone."""

NATIVE = ("--only-binary", ":all:", "--python-version", VERSION, "--implementation", "cp",
          "--abi", "cp314", "--abi", "abi3", "--abi", "none",
          *(f"--platform={tag}_x86_64" for tag in
            ("manylinux1", "manylinux2014", "manylinux_2_17", "manylinux_2_28")))  # fmt: skip
"""What pip is told so that it takes native wheels too, whatever machine this is."""

HALF_NATIVE = frozenset({"markupsafe", "msgpack", "pyyaml", "simplejson", "wrapt"})
"""Packages with native parts that they do without: these parts are taken out of their wheels."""


OLDEST = {"httpx": ("0.28", "it imports `ssl`, which is not there")}
"""Packages of which only versions from this one on work in a component, and why."""


def pip(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs pip as its user has configured it, but for where it installs."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PIP_TARGET", "PIP_USER", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV")
    }
    common = ("--disable-pip-version-check", "--no-input", "--quiet", "--retries", "2")
    return subprocess.run(
        [str(python), "-I", "-m", "pip", *arguments, *common],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def install(python: Path, requirements: Path, target: Path | None) -> None:
    """Installs a list of ours, pinned by hash."""
    where = ("--target", str(target)) if target else ()
    done = pip(python, "install", "--require-hashes", "--only-binary", ":all:", "--no-compile",
               "--requirement", str(requirements), *where)  # fmt: skip
    if done.returncode:
        raise Problem(network(done.stdout) or f"the tools cannot be installed: {said(done.stdout)}")


def pure(
    python: Path,
    requirements: Path,
    target: Path,
    work: Path,
    say: Callable[[str], None],
) -> None:
    """Installs what `requirements` asks for into `target`; nothing where Ravenry brings it all."""
    lines = wanted(requirements, say)
    if not any(not line.startswith("-") for line in lines):
        return
    packages = resolved(python, lines, work)
    for package in packages:
        if package.is_too_old:
            raise Problem(too_old(package, lines))
    links = work / "links"
    links.mkdir()
    # A lock says which bytes are meant: its own lines stay, but for wheels that were changed here.
    own = {normal(line): line for line in lines if "--hash" in line}
    is_lock = bool(own)
    options = [line for line in lines if line.startswith("-")]
    for package in packages:
        if package.is_pure:
            continue
        if package.name in HALF_NATIVE:
            made = halved(python, own.get(package.name, package.pinned), links, work)
            found = hashlib.sha256(made.read_bytes()).hexdigest()
            own[package.name] = package.pinned + (f" --hash=sha256:{found}" if is_lock else "")
        elif not has_pure(python, [*options, own.get(package.name, package.pinned)], work):
            raise Problem(
                f"{package.place(lines)}`{package.name}`{package.needed} has no wheel of pure Python: native code cannot run in a"
                f" component{instead(package.name, package.needed_by)}"
            )
    listed = [*options, *(own.get(package.name, package.pinned) for package in packages)]
    done = pip(python, "install", "--target", str(target), "--no-compile", "--no-deps", *PURE,
               "--find-links", str(links), "--requirement", str(written(listed, work)))  # fmt: skip
    if done.returncode:
        raise Problem(refusal(done.stdout, listed))
    native = [path for path in target.rglob("*") if path.suffix in (".so", ".pyd", ".dylib")]
    if native:
        top = native[0].relative_to(target).parts[0]
        raise Problem(f"the package `{top}` has native code, which cannot run in a component")
    shutil.rmtree(target / "bin", ignore_errors=True)


@dataclass(frozen=True)
class Package:
    """What pip would install for one name."""

    name: str
    version: str
    is_pure: bool
    needed_by: str | None
    """The package that asks for it, where the author does not."""

    @property
    def is_too_old(self) -> bool:
        """Whether later versions work in a component, and this one does not."""
        first = OLDEST.get(self.name)
        return first is not None and numbers(self.version) < numbers(first[0])

    @property
    def needed(self) -> str:
        """Who needs it, behind its name, where the author does not ask for it."""
        return f" (`{self.needed_by}` needs it)" if self.needed_by else ""

    def place(self, lines: Sequence[str]) -> str:
        """Where it stands in the list, or what asks for it, in front of a sentence."""
        asked = self.needed_by or self.name
        place = next((at(line) for line in lines if normal(line) == asked), "")
        return place and f"{place}: "

    @property
    def pinned(self) -> str:
        """The requirement of just this version."""
        return f"{self.name}=={self.version}"


def numbers(version: str) -> list[int]:
    """The numbers of a version, to compare."""
    release = re.match(r"\d+(?:\.\d+)*", version)
    return [int(part) for part in release[0].split(".")] if release else []


def too_old(package: Package, lines: Sequence[str]) -> str:
    """What is said of a version that does not work, though later ones do."""
    first, why = OLDEST[package.name]
    advice = f"write `{package.name}>={first}` instead"
    if package.needed_by:
        advice = f"take a version of `{package.needed_by}` that takes `{package.name}>={first}`"
    return (
        f"{package.place(lines)}`{package.pinned}`{package.needed} does not work here: {why};"
        f" {first} is the first without it: {advice}"
    )


def resolved(python: Path, lines: Sequence[str], work: Path) -> list[Package]:
    """All packages that these requirements come to, native ones too, but for what Ravenry brings.

    Native ones are let through here, because otherwise pip would go back to versions of ten years
    ago in search of one without.
    """
    report = work / "report.json"
    asked = written(lines, work)
    # A lock names all it needs, and what was passed over is not to come back.
    alone = ("--no-deps",) if any("--hash" in line for line in lines) else ()
    done = pip(python, "install", "--dry-run", "--ignore-installed", "--target", str(work / "none"),
               "--report", str(report), *NATIVE, *alone, "--requirement", str(asked))  # fmt: skip
    if done.returncode:
        raise Problem(refusal(done.stdout, lines))
    items = json.loads(report.read_text(encoding="utf-8"))["install"]
    needs = {
        normal(item["metadata"]["name"]): [
            normal(need) for need in item["metadata"].get("requires_dist") or ()
        ]
        for item in items
    }
    # What only ours need is not needed.
    reached: dict[str, str | None] = {}
    pending: list[tuple[str, str | None]] = [
        (normal(item["metadata"]["name"]), None) for item in items if item.get("requested")
    ]
    while pending:
        name, needed_by = pending.pop(0)
        if name in needs and name not in reached and name not in OURS:
            reached[name] = needed_by
            pending += [(need, name) for need in needs[name]]
    return [
        Package(
            name,
            item["metadata"]["version"],
            item["download_info"]["url"].endswith("-none-any.whl"),
            reached[name],
        )
        for item in items
        if (name := normal(item["metadata"]["name"])) in reached
    ]


def has_pure(python: Path, lines: Sequence[str], work: Path) -> bool:
    """Whether there is a wheel of pure Python; an index that is out of reach is an error."""
    done = pip(python, "download", "--no-deps", *PURE, "--dest", str(work / "tried"),
               "--requirement", str(written(lines, work)))  # fmt: skip
    unreachable = network(done.stdout)
    if unreachable:
        raise Problem(unreachable)
    return not done.returncode


def written(lines: Sequence[str], work: Path) -> Path:
    """A file with these requirements, for pip."""
    path = work / "requirements.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def halved(python: Path, requirement: str, links: Path, work: Path) -> Path:
    """Puts a wheel without its native parts into `links`."""
    got = work / "half"
    done = pip(python, "download", "--no-deps", *NATIVE, "--dest", str(got),
               "--requirement", str(written([requirement], work)))  # fmt: skip
    wheels = list(got.glob("*.whl"))
    if done.returncode or not wheels:
        raise Problem(refusal(done.stdout))
    made = without_native(wheels[0], links)
    wheels[0].unlink()
    return made


def without_native(wheel: Path, links: Path) -> Path:
    """A wheel of pure Python out of one that can do without its native parts."""
    name, version = wheel.name.split("-")[:2]
    made = links / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(made, "w") as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename.endswith((".so", ".pyd", ".c", "/RECORD")):
                continue
            if item.filename.endswith(".dist-info/WHEEL"):
                lines = content.decode().splitlines()
                kept = [line for line in lines if not line.startswith(("Tag", "Root"))]
                kept += ["Root-Is-Purelib: true", "Tag: py3-none-any", ""]
                content = "\n".join(kept).encode()
            new.writestr(item.filename, content)
        # pip wants the list of files, and takes one without sizes.
        names = new.namelist()
        info = next(item.rpartition("/")[0] for item in names if item.endswith("/WHEEL"))
        record = "".join(f"{item},,\n" for item in [*names, f"{info}/RECORD"])
        new.writestr(f"{info}/RECORD", record)
    return made


def refusal(output: str, lines: Sequence[str] = ()) -> str:
    """Why pip could not find or install the packages, with what to do.

    `lines` are those that it was given: the place of the one that this is about stands in front.
    """
    return network(output) or placed(refused(output), output, lines)


def refused(output: str) -> str:
    """What pip refuses, without the place."""
    missing = re.search(r"Could not find a version that satisfies the requirement (.+?) \(from"
                        r" versions: (.*?)\)", output)  # fmt: skip
    if missing:
        return unfound(missing[1], missing[2])
    if "DO NOT MATCH THE HASHES" in output:
        return (
            f"a package is not the one that requirements.txt has locked, or was locked for another"
            f" Python than {VERSION}: its hash differs. Lock it again, for {VERSION}"
        )
    if "require-hashes mode" in output:
        return f"the lock in requirements.txt is not complete: {said(output)}"
    conflict = re.search(r"ERROR: Cannot install (.+?) because", output)
    if conflict:
        both = conflict[1][:200]
        return f"requirements.txt contradicts itself: pip cannot install {both} together"
    return f"the packages cannot be installed: {said(output)}"


def unfound(requirement: str, versions: str) -> str:
    """What is said of a requirement that no wheel fulfils."""
    named = re.match(r"(\S+)(?:\s+\(from ([^\s/()]+)\))?", requirement.strip())
    asked = named[1] if named else requirement
    name = normal(requirement)
    needed = f" (`{normal(named[2])}` needs it)" if named and named[2] else ""
    known = [version.strip() for version in versions.split(",")]
    advice = instead(name, normal(named[2]) if named and named[2] else None)
    if advice:
        # Another version of it would have native code, too.
        return f"there is no wheel of `{asked}`{needed} that runs here{advice}"
    if known not in (["none"], [""]):
        return (
            f"there is no wheel of `{asked}`{needed} for Python {VERSION}; the newest version"
            f" that has one is {known[-1]}"
        )
    return (
        f"there is no wheel of `{name}`{needed} for Python {VERSION}: is the name right? A package"
        " of which there are the sources alone, or which was locked for another Python, cannot be"
        " installed"
    )


def instead(*names: str | None) -> str:
    """What to use in place of a package, or of the one that needs it, where we know."""
    table: dict[str, str] = runpy.run_path(str(REFUSED))["PACKAGES"]
    known = {"pillow": "PIL", "opencv-python": "cv2", "scikit-learn": "sklearn", "pymupdf": "fitz"}
    for name in filter(None, names):
        found = table.get(known.get(name, name.replace("-", "_")))
        if found:
            return f"; {found}"
    return ""


def network(output: str) -> str | None:
    """Whether pip could not reach its index, in one sentence."""
    signs = ("Failed to establish a new connection", "Temporary failure in name resolution",
             "Network is unreachable", "NameResolutionError", "Max retries exceeded",
             "Read timed out", "ProxyError", "ConnectTimeoutError")  # fmt: skip
    if any(sign in output for sign in signs):
        return (
            "the package index cannot be reached: connect to the network, or name another index in"
            " PIP_INDEX_URL, and build again"
        )
    return None


def said(output: str) -> str:
    """The error that pip named, or what it said last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    # What git says is inside of what pip says of it, and pip's last words are advice.
    lines = [line.lstrip("\u2502 ") for line in lines if not line.startswith(("note: ", "hint: "))]
    if lines and "Traceback (most recent call last):" in lines:
        # A mistake that pip is not prepared for: what its exception says.
        return re.sub(r"^[\w.]+: ", "", lines[-1])
    errors = [
        line.removeprefix("ERROR: ") for line in lines if line.startswith(("ERROR: ", "fatal: "))
    ]
    return (errors or lines or ["no reason was given"])[-1]
