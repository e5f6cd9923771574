"""What `importlib.metadata` wants to know of the packages in a bundle."""

from __future__ import annotations

import re
from importlib.metadata import Distribution
from typing import TYPE_CHECKING, Any

from . import _resources

if TYPE_CHECKING:
    from ._packed import Bundle


class PackedDistribution(Distribution):
    """One installed package, by the path of its `.dist-info`."""

    def __init__(self, bundle: Bundle, path: str) -> None:
        self._bundle = bundle
        self._path = path

    def read_text(self, filename: Any) -> str | None:
        """A file of its metadata, or `None`."""
        path = f"{self._path}/{filename}"
        if path not in self._bundle.paths():
            return None
        return self._bundle.content(path).decode("utf-8", "replace")

    def locate_file(self, path: Any) -> Any:
        """A file of the package."""
        above = self._path.rpartition("/")[0]
        return _resources.Resource(self._bundle, f"{above}/{path}")


def distributions(bundle: Bundle, name: str | None) -> list[PackedDistribution]:
    """The packages of a bundle: all of them, or the one with this name."""
    found: dict[str, PackedDistribution] = {}
    for path in bundle.paths():
        directory, _, file = path.rpartition("/")
        if file == "METADATA" and directory.endswith(".dist-info"):
            own = directory.rpartition("/")[2].partition("-")[0]
            if name is None or _normal(own) == _normal(name):
                found[directory] = PackedDistribution(bundle, directory)
    return list(found.values())


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
