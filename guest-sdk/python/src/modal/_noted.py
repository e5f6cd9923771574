"""What a file says of its container, for the build."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

NO_MODAL = (
    "a bot in the gateway is one component, without Modal's containers, storage and calls; the bot "
    "itself, its packages and its mounted files are what is taken over"
)


@dataclass(frozen=True)
class Mounted:
    """A directory or file of the author's machine, and where the bot finds it."""

    #: As the author wrote it: mostly relative to the directory of the bot.
    local: str
    #: Mostly absolute, such as `/root/assets`.
    remote: str
    is_directory: bool


#: What is mounted, in the order in which it was said, once each.
mounts: list[Mounted] = []

#: Requirements as `pip` takes them, once each.
packages: list[str] = []

_variables: dict[str, str] = {}


def mount(local: object, remote: object, is_directory: bool) -> None:
    """Notes something that is mounted. Without a place, it is at `/root`, as with Modal."""
    source = os.fspath(cast("str", local))
    target = (
        f"/root/{os.path.basename(os.path.normpath(source))}" if remote is None else str(remote)
    )
    # A file that is added to a directory keeps its name.
    if not is_directory and target.endswith("/"):
        target += os.path.basename(source)
    noted = Mounted(source, target, is_directory)
    if noted not in mounts:
        mounts.append(noted)


def install(requirements: Iterable[object]) -> None:
    """Notes packages; lists of them count too."""
    for requirement in requirements:
        if isinstance(requirement, (list, tuple)):
            install(cast("list[object]", requirement))
        elif isinstance(requirement, str) and requirement not in packages:
            packages.append(requirement)


def install_from(path: object) -> None:
    """Notes the packages of a file of requirements, where it can be read."""
    try:
        with open(str(path), encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        requirement = re.sub(r"(^|\s)#.*", "", line).strip()
        if requirement and not requirement.startswith("-"):
            install([requirement])


def environment(values: Mapping[str, object] | None) -> None:
    """Sets variables, unless the bot's configuration has them."""
    for name, value in (values or {}).items():
        if value is not None:
            _variables[name] = str(value)
    set_variables()


def set_variables() -> None:
    """Sets all variables again: a component made of this process has another environment."""
    for name, value in _variables.items():
        os.environ.setdefault(name, value)
