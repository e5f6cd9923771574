"""Decorators that leave what they decorate as it is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from . import _noted

T = TypeVar("T")


def plain(*args: Any, **options: Any) -> Any:
    """A decorator with or without parentheses."""
    if len(args) == 1 and callable(args[0]) and not options:
        return args[0]
    return _itself


def _itself(decorated: T) -> T:
    return decorated


enter = exit = method = batched = concurrent = plain


def parameter(*, default: Any = None, **options: Any) -> Any:
    """The default of a parameter of a class."""
    return default


def asgi_app(*args: Any, **options: Any) -> Any:
    """The function that makes the app: it is called when the bot is needed."""

    def decorate(function: T) -> T:
        from fastapi_poe import _registry

        # Bound, so that it can be called without what a class would give it.
        if callable(function):
            _registry.defer(function)
        return function

    return decorate(args[0]) if len(args) == 1 and callable(args[0]) and not options else decorate


wsgi_app = asgi_app


def _refused(name: str) -> Callable[..., NoReturn]:
    def refuse(*args: Any, **options: Any) -> NoReturn:
        raise RuntimeError(
            f"`modal.{name}` serves a web page of its own, and a bot has no web server: use "
            "`asgi_app` with `fastapi_poe.make_app`"
        )

    return refuse


web_endpoint = _refused("web_endpoint")
fastapi_endpoint = _refused("fastapi_endpoint")
web_server = _refused("web_server")


def remote_names(function: Any) -> Any:
    """Gives a plain function the names that it would have at Modal."""
    if not callable(function) or isinstance(function, type):
        return function

    def elsewhere(*args: Any, **options: Any) -> NoReturn:
        raise RuntimeError(f"there is no other machine to call this on: {_noted.NO_MODAL}")

    def here(*args: Any, **options: Any) -> Any:
        return function(*args, **options)

    names: dict[str, Any] = {"local": here}
    names |= dict.fromkeys(
        ("remote", "remote_gen", "spawn", "map", "starmap", "for_each"), elsewhere
    )
    for name, value in names.items():
        try:
            setattr(function, name, functools.wraps(value)(value))
        except AttributeError:
            return function
    return function
