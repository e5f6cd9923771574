"""Python's own HTTP, and what is built on it, through the gateway."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import os
import socket
import subprocess
import sys
import unittest
import urllib.error
import urllib.request
from typing import Any

from ravenry import _urllib
from ravenry.failure import HttpError
from ravenry.testing import PlayedRequest, Scene, Upstream, now

#: What an answer here says: what was asked.
SCENE = Scene()


def echo(request: PlayedRequest) -> Upstream:
    names = ",".join(sorted(name.lower() for name, _ in request.headers))
    return Upstream.text(f"{request.method} {request.url} {request.body.decode()} {names}")


SLOW = Upstream().wait(5).body("a\n").wait(5).body("b\n")
SCENE.upstream("https://echo.test/", echo).upstream("http://echo.test:81/", echo)
SCENE.upstream("https://slow.test/", SLOW)
SCENE.upstream("https://json.test/", Upstream.json([1]).header("Content-Length", "3"))
SCENE.upstream("https://busy.test/", Upstream.text("later", status=503))
SCENE.upstream("https://moved.test/", Upstream(302).header("location", "https://echo.test/m"))
SCENE.upstream("https://cut.test/", Upstream().body("a").breaks(HttpError("broken", "reset")))


class UrllibTest(unittest.TestCase):
    def setUp(self) -> None:
        stack = contextlib.ExitStack()
        stack.enter_context(SCENE.during())
        stack.enter_context(_urllib.installed())
        self.addCleanup(stack.close)

    def get(self, url: str, **options: Any) -> str:
        with urllib.request.urlopen(url, **options) as response:
            return str(response.read().decode())

    def test_urlopen(self) -> None:
        self.assertEqual(
            self.get("https://echo.test/x?y=1"),
            "GET https://echo.test/x?y=1  accept-encoding,user-agent",
        )
        self.assertEqual(
            self.get("http://echo.test:81/x", data=b"a=1"),
            "POST http://echo.test:81/x a=1"
            " accept-encoding,content-length,content-type,user-agent",
        )
        self.assertIn("https://echo.test/m", self.get("https://moved.test/"))
        self.assertEqual(self.get("https://json.test/"), "[1]")

    def test_lines_come_as_they_arrive(self) -> None:
        with urllib.request.urlopen("https://slow.test/") as response:
            self.assertEqual([(line, now()) for line in response], [(b"a\n", 5), (b"b\n", 10)])

    def test_errors(self) -> None:
        with self.assertRaisesRegex(urllib.error.URLError, "allowed_outbound_hosts"):
            self.get("https://denied.test/")
        with self.assertRaises(urllib.error.HTTPError) as raised:
            self.get("https://busy.test/")
        self.assertEqual((raised.exception.code, raised.exception.read()), (503, b"later"))
        raised.exception.close()
        with self.assertRaises(TimeoutError):
            self.get("https://slow.test/", timeout=3)
        self.assertEqual(now(), 3)
        with self.assertRaises(ConnectionError):
            self.get("https://cut.test/")

    def test_http_client(self) -> None:
        connection = http.client.HTTPSConnection("echo.test")
        for _ in range(2):
            connection.request("PUT", "/p", body=iter([b"12", b"345"]), encode_chunked=True)
            self.assertEqual(
                connection.getresponse().read(),
                b"PUT https://echo.test/p 12345 accept-encoding",
            )
        connection.request("HEAD", "/p")
        self.assertEqual(connection.getresponse().read(), b"")
        connection.close()
        tunnel = http.client.HTTPSConnection("proxy.test")
        tunnel.set_tunnel("echo.test")
        with self.assertRaisesRegex(OSError, "no proxies"):
            tunnel.request("GET", "/")

    def test_everything_is_put_back(self) -> None:
        with _urllib.installed():
            inner: Any = http.client.HTTPConnection.connect
        self.assertIs(http.client.HTTPConnection.connect, inner)
        self.doCleanups()
        self.assertEqual(http.client.HTTPConnection.connect.__module__, "http.client")
        self.assertFalse(any("_Hook" in type(finder).__name__ for finder in sys.meta_path))

    def test_the_default_of_sockets_holds(self) -> None:
        self.addCleanup(socket.setdefaulttimeout, None)
        socket.setdefaulttimeout(4)
        with self.assertRaises(TimeoutError):
            http_get("slow.test")


def http_get(host: str) -> bytes:
    connection = http.client.HTTPSConnection(host)
    connection.request("GET", "/")
    return connection.getresponse().read()


#: Run apart: there is no `ssl` in a component, and it has to be missing from the start.
WITHOUT_SSL = """
import sys
sys.modules["ssl"] = sys.modules["_ssl"] = None
from ravenry import _urllib
from test_urllib import SCENE
import http.client
assert not hasattr(http.client, "HTTPSConnection")
with SCENE.during(), _urllib.installed():
"""

URLLIB = """
    import importlib, urllib.request
    importlib.reload(urllib.request)
    print(urllib.request.urlopen("https://echo.test/x").read().decode().split()[1])
"""

REQUESTS = """
    import requests
    with requests.Session() as session:
        for _ in range(2):
            print(session.post("https://echo.test/x", json={"a": 1}).text.split()[1:4])
    with requests.get("https://slow.test/", stream=True) as response:
        from ravenry.testing import now
        print([(line, now()) for line in response.iter_lines()])
    for url, options in (("https://denied.test/", {}), ("https://slow.test/", {"timeout": 3})):
        try:
            requests.get(url, **options)
        except requests.RequestException as error:
            print(type(error).__name__, "allowed_outbound_hosts" in str(error))
"""

HTTPX = """
    import asyncio, httpx
    from ravenry import _loop
    from ravenry.httpx_transport import AsyncTransport, Transport
    from ravenry.testing import now
    for client in (httpx.Client(), httpx.Client(transport=Transport())):
        with client:
            print(client.post("https://echo.test/x", json={"a": 1}).text.split()[1:3])
            for url in ("https://denied.test/", "https://slow.test/"):
                try:
                    client.get(url, timeout=3)
                except httpx.HTTPError as error:
                    print(type(error).__name__)
    async def main():
        for client in (httpx.AsyncClient(), httpx.AsyncClient(transport=AsyncTransport())):
            async with client:
                start = now()
                get = [client.get("https://slow.test/", timeout=20) for _ in range(3)]
                print([answer.text for answer in await asyncio.gather(*get)], now() - start)
    _loop.run(main())
"""


class WithoutSslTest(unittest.TestCase):
    def run_apart(self, script: str) -> list[str]:
        places = [os.path.dirname(__file__), *sys.path]
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_SSL + script],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, places))},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def test_urlopen(self) -> None:
        self.assertEqual(self.run_apart(URLLIB), ["https://echo.test/x"])

    @unittest.skipUnless(importlib.util.find_spec("requests"), "requests is not installed")
    def test_requests(self) -> None:
        self.assertEqual(
            self.run_apart(REQUESTS),
            [
                *["""['https://echo.test/x', '{"a":', '1}']"""] * 2,
                "[(b'a', 5.0), (b'b', 10.0)]",
                "ConnectionError True",
                "ReadTimeout False",
            ],
        )

    @unittest.skipUnless(importlib.util.find_spec("httpx"), "httpx is not installed")
    def test_httpx(self) -> None:
        self.assertEqual(
            self.run_apart(HTTPX),
            [
                *["""['https://echo.test/x', '{"a":1}']""", "ConnectError", "ReadTimeout"] * 2,
                *["['a\\nb\\n', 'a\\nb\\n', 'a\\nb\\n'] 10.0"] * 2,
            ],
        )


if __name__ == "__main__":
    unittest.main()
