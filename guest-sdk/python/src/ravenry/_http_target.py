"""Where a request goes, read from its URL as far as `wasi:http` needs it.

The gateway judges every part again; this only takes the text apart. No error repeats the URL: it
can hold a key.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

from .failure import HttpError

#: What may stand in a path and a query as it is; `%` too, where the author has quoted already.
_SAFE = "!#$%&'()*+,/:;=?@[]~"

_END = re.compile(r"[/?]")


class Target(NamedTuple):
    """The parts of a URL."""

    #: `http` or `https`.
    scheme: str
    #: The host, and the port where there is one.
    authority: str
    #: The path with its query; begins with `/`. A fragment is not sent.
    path: str

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a manifest names them."""
        return f"{self.scheme}://{self.authority}"


def parse(url: str) -> Target:
    """Takes a URL apart. What is not ASCII in it is quoted, and so are spaces."""
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in ("http", "https"):
        raise _invalid("begins neither with `http://` nor with `https://`")
    rest = rest.partition("#")[0]
    end = _END.search(rest)
    authority, path = (rest, "") if end is None else (rest[: end.start()], rest[end.start() :])
    if not authority:
        raise _invalid("has no host")
    if "@" in authority:
        raise _invalid("has a user or a password in it; send a header instead")
    if not authority.isascii():
        try:
            authority = authority.encode("idna").decode()
        except UnicodeError:
            raise _invalid("has a host that no host can be called") from None
    if not path.startswith("/"):
        path = f"/{path}"
    return Target(scheme, authority, quote(path, safe=_SAFE, errors="replace"))


def _invalid(what: str) -> HttpError:
    return HttpError("invalid", f"the URL {what}")
