"""A stand-in for Modal: files written to be deployed there can be imported, and register their
bots.

Nothing is deployed and no container is built. What such a file says of its container is noted for
the build: the directories and files that it mounts (`mounts`), and the packages that it installs
(`packages`). The environment that it sets is set, where the bot's configuration says nothing else.
Functions stay plain functions; calling one from afar (`f.remote()`) is refused with a sentence.

The function that `asgi_app` decorates is called when the bot is needed, as Modal does: it calls
`fastapi_poe.make_app`.
"""

from __future__ import annotations

from typing import NoReturn

from . import _noted
from ._app import App, Stub
from ._decorators import (
    asgi_app,
    batched,
    concurrent,
    enter,
    exit,
    fastapi_endpoint,
    method,
    parameter,
    web_endpoint,
    web_server,
    wsgi_app,
)
from ._image import Image
from ._noted import Mounted, mounts, packages
from ._things import (
    CloudBucketMount,
    Cron,
    Dict,
    Mount,
    NetworkFileSystem,
    Period,
    Queue,
    Retries,
    Secret,
    Volume,
    gpu,
)

__all__ = [
    "App",
    "CloudBucketMount",
    "Cron",
    "Dict",
    "Image",
    "Mount",
    "Mounted",
    "NetworkFileSystem",
    "Period",
    "Queue",
    "Retries",
    "Secret",
    "Stub",
    "Volume",
    "asgi_app",
    "batched",
    "concurrent",
    "enter",
    "exit",
    "fastapi_endpoint",
    "gpu",
    "is_local",
    "method",
    "mounts",
    "packages",
    "parameter",
    "web_endpoint",
    "web_server",
    "wsgi_app",
]


def is_local() -> bool:
    """Never: a bot runs where its container would."""
    return False


def __getattr__(name: str) -> NoReturn:
    if name.startswith("__"):
        raise AttributeError(name)
    raise ImportError(f"`modal.{name}` is not there: {_noted.NO_MODAL}")
