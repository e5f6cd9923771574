"""A stand-in for what bots of fastapi_poe import of FastAPI: the names, for annotations.

There is no server in a bot: the gateway has it. `fastapi_poe.make_app` returns a `FastAPI` of this
module, and whatever is asked of that says so.
"""

from __future__ import annotations

from typing import Any, NoReturn

from starlette.requests import Request

__all__ = ["FastAPI", "Request"]

_NO_SERVER = (
    "an ASGI app cannot run in the gateway, which serves the bots by itself; register them with "
    "`fastapi_poe.run` or `fastapi_poe.make_app`"
)


class FastAPI:
    """The app that `fastapi_poe.make_app` returns: it can be passed on, and nothing else."""

    def __init__(self, *args: Any, **options: Any) -> None:
        pass

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"the app has no `{name}` here: {_NO_SERVER}")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> NoReturn:
        raise RuntimeError(_NO_SERVER)


def __getattr__(name: str) -> NoReturn:
    if name.startswith("__"):
        raise AttributeError(name)
    raise ImportError(
        f"`fastapi.{name}` is not there: a bot has no web server. Other routes than a bot's own "
        "are for a server beside the gateway"
    )
