"""`urllib.request`, `http.client` and what is built on it, through the gateway.

`http.client` opens connections in one place. That place is taken here, and so are the one of
urllib3, through which requests goes, and the one where httpx makes its transports. There is no
`ssl` in a component, and none is needed: the gateway does TLS, and checks certificates.
"""

from __future__ import annotations

import http.client
import importlib.util
import socket
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from ._http_socket import GatewaySocket

#: The port that tells a connection for `https`, in `http.client` as in urllib3.
_HTTPS_PORT = 443


def _connect(connection: Any) -> None:
    """What `connect` does instead: nothing is opened before the request is whole."""
    if getattr(connection, "_tunnel_host", None):
        raise OSError("a bot has no proxies: the gateway makes the connections")
    timeout = connection.timeout
    if timeout is not None and not isinstance(timeout, (int, float)):
        # The mark of `http.client` for "as everywhere".
        timeout = socket.getdefaulttimeout()
    is_https = connection.default_port == _HTTPS_PORT
    host = f"[{connection.host}]" if ":" in connection.host else connection.host
    port = "" if connection.port == connection.default_port else f":{connection.port}"
    scheme = "https" if is_https else "http"
    connection.sock = GatewaySocket(f"{scheme}://{host}{port}", timeout)
    # For urllib3, which warns of connections that were not checked.
    connection.is_verified = is_https
    connection.proxy_is_verified = None


class HTTPSConnection(http.client.HTTPConnection):
    """What `http.client` calls so where there is `ssl`. Options of TLS change nothing."""

    default_port = _HTTPS_PORT

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        timeout: Any = None,
        source_address: tuple[str, int] | None = None,
        blocksize: int = 8192,
        **_: Any,
    ) -> None:
        super().__init__(host, port, timeout, source_address, blocksize)


class _Patches:
    """What was put in the place of something else, until it is taken back."""

    def __init__(self) -> None:
        self._before: list[tuple[Any, str, Any]] = []

    def put(self, place: Any, name: str, value: Any) -> None:
        """Puts this there. What was there by inheritance is so again afterwards."""
        self._before.append((place, name, place.__dict__.get(name)))
        setattr(place, name, value)

    def take_back(self) -> None:
        """Leaves everything as it was."""
        while self._before:
            place, name, value = self._before.pop()
            if value is None:
                delattr(place, name)
            else:
                setattr(place, name, value)


def _patch_http_client(patches: _Patches) -> None:
    patches.put(http.client.HTTPConnection, "connect", _connect)
    native: Any = getattr(http.client, "HTTPSConnection", None)
    if native is None:
        patches.put(http.client, "HTTPSConnection", HTTPSConnection)
        # `urllib.request` makes one for its handler of `https`, and hands it on to the connection.
        patches.put(http.client, "_create_https_context", _no_context)
    else:
        patches.put(native, "connect", _connect)


def _no_context(_: int) -> None:
    """There is none: the gateway does TLS."""


def _nothing(*_: Any, **__: Any) -> None:
    """What a method about certificates does instead."""


def _patch_urllib3(patches: _Patches, module: Any) -> None:
    """`urllib3.connection`, of version 1.26 as of 2."""
    patches.put(module.HTTPConnection, "connect", _connect)
    if hasattr(module.HTTPSConnection, "connect"):
        patches.put(module.HTTPSConnection, "connect", _connect)
        return
    plain: Any = module.HTTPConnection

    def begin(self: Any, host: str, port: int | None = None, **options: Any) -> None:
        known = ("timeout", "source_address", "blocksize", "socket_options")
        plain.__init__(
            self, host, port, **{name: options[name] for name in known if name in options}
        )

    members: dict[str, Any] = {
        "__doc__": "A connection for `https`, without the options of TLS.",
        "default_port": _HTTPS_PORT,
        "__init__": begin,
        "set_cert": _nothing,
    }
    secure = type("HTTPSConnection", (plain,), members)
    patches.put(module, "HTTPSConnection", secure)
    patches.put(module, "VerifiedHTTPSConnection", secure)


def _patch_requests(patches: _Patches, module: Any) -> None:
    """`requests.adapters` wants a file of certificates, which are the gateway's matter."""
    patches.put(module.HTTPAdapter, "cert_verify", _nothing)


def _patch_httpx(patches: _Patches, module: Any) -> None:
    """`httpx._transports.default`: what httpx makes where it is given no transport."""
    for name, handle in (
        ("HTTPTransport", _handle_request),
        ("AsyncHTTPTransport", _handle_async_request),
    ):
        transport: Any = getattr(module, name)
        base = transport.__mro__[1]
        patches.put(transport, "__init__", _nothing)
        for method in ("__enter__", "__exit__", "close", "__aenter__", "__aexit__", "aclose"):
            if hasattr(base, method):
                patches.put(transport, method, getattr(base, method))
        patches.put(transport, handle.__name__[1:], handle)


def _handle_request(_: Any, request: Any) -> Any:
    from .httpx_transport import Transport

    transport: Any = Transport()
    return transport.handle_request(request)


async def _handle_async_request(_: Any, request: Any) -> Any:
    from .httpx_transport import AsyncTransport

    transport: Any = AsyncTransport()
    return await transport.handle_async_request(request)


def _import_transport(_: _Patches, __: Any) -> None:
    """All of httpx is there: what needs it can be, too. Later it might not be found."""
    from . import httpx_transport  # noqa: F401  # pyright: ignore[reportUnusedImport]


_LATER: dict[str, Callable[[_Patches, Any], None]] = {
    "urllib3.connection": _patch_urllib3,
    "requests.adapters": _patch_requests,
    "httpx._transports.default": _patch_httpx,
    "httpx": _import_transport,
}


class _Hook(MetaPathFinder):
    """Has modules patched when they are imported."""

    def __init__(self, patches: _Patches) -> None:
        self._patches = patches
        self._is_searching = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module as the other finders find it, with a loader that patches it."""
        if fullname not in _LATER or self._is_searching:
            return None
        self._is_searching = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._is_searching = False
        if spec is not None and spec.loader is not None:
            spec.loader = _PatchingLoader(spec.loader, self._patches, _LATER[fullname])
        return spec


class _PatchingLoader(Loader):
    """A loader that does something more at the end."""

    def __init__(
        self, inner: Loader, patches: _Patches, patch: Callable[[_Patches, Any], None]
    ) -> None:
        self._inner = inner
        self._patches = patches
        self._patch = patch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the other loader does."""
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As the other loader does; then patches."""
        self._inner.exec_module(module)
        self._patch(self._patches, module)


def _begin(patches: _Patches) -> _Hook:
    _patch_http_client(patches)
    for name, patch in _LATER.items():
        if name in sys.modules:
            patch(patches, sys.modules[name])
    hook = _Hook(patches)
    sys.meta_path.insert(0, hook)
    return hook


def install() -> None:
    """Takes these places for good. To be called before `urllib.request` is imported: it looks once
    for what `http.client` has."""
    _begin(_Patches())


@contextmanager
def installed() -> Generator[None, None, None]:
    """Takes them for a while; for tests."""
    patches = _Patches()
    hook = _begin(patches)
    try:
        yield
    finally:
        sys.meta_path.remove(hook)
        patches.take_back()
