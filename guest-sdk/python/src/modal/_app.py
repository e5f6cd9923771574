"""The app of a file: what it decorates stays as it is."""

from __future__ import annotations

from typing import Any, TypeVar

from . import _noted
from ._decorators import plain, remote_names

T = TypeVar("T")


class App:
    """A name for what would be deployed together."""

    def __init__(self, name: str | None = None, **options: Any) -> None:
        self.name = name

    @classmethod
    def lookup(cls, name: str, *args: Any, **options: Any) -> App:
        """An app that exists at Modal."""
        return cls(name)

    def function(self, *args: Any, **options: Any) -> Any:
        """A function of a container: here it stays a function."""
        found = plain(*args, **options)
        if len(args) == 1 and callable(args[0]) and not options:
            return remote_names(found)
        return remote_names

    def cls(self, *args: Any, **options: Any) -> Any:
        """A class of a container: here it stays a class."""
        return plain(*args, **options)

    def local_entrypoint(self, *args: Any, **options: Any) -> Any:
        """What `modal run` would call: nothing does."""
        return plain(*args, **options)

    def include(self, other: App, *args: Any, **options: Any) -> None:
        """Another app's functions stay functions."""

    def __setitem__(self, name: str, value: Any) -> None:
        """Things under names, as in older versions."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"`App.{name}` is not there: {_noted.NO_MODAL}")


class Stub(App):
    """The older name of `App`."""
