"""Imports modules that a bot has written itself, into its files in memory."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType

from ._memory_files import MemoryFiles
from ._packed import located


class WrittenFinder:
    """Finds modules among the files in memory. It comes after those that find what is packed."""

    def __init__(self, files: MemoryFiles) -> None:
        self._files = files

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Where a module comes from; part of the protocol of finders."""
        if not self._files.is_listed:
            # Nothing was written yet: a guarded import of what is not there shall cost nothing.
            return None
        places = [self._files.place(start) for start in (sys.path if path is None else path)]
        starts = [place for place in places if place is not None]
        code = {place for place, node in self._files.nodes.items() if not node.is_directory}
        found = located(name, starts, code, self._files.nodes.keys() - code)
        if found is None:
            return None
        place, is_package = found
        if place in code:
            return importlib.util.spec_from_file_location(name, place)
        spec = importlib.machinery.ModuleSpec(name, None, is_package=is_package)
        spec.submodule_search_locations = [place]
        return spec

    def invalidate_caches(self) -> None:
        """There is nothing to forget; part of the protocol of finders."""
