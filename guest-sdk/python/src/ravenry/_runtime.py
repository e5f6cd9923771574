"""The entry of a component that bots in Python are packed with: one for all that need no packages,
and one for all that need the same.

At a query the bundle of the bot is read, and its file imported; the rest was done at the build.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import _interpreter  # isort: skip: before all others, see there

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import packer

from . import _component, _import_limit, _log, _packer, _wanted, _warm


class Packer(exports.Packer):
    """The export `packer`."""

    def pack(self, entry: str, files: Sequence[packer.File]) -> packer.Packed:
        """See `packer` in the WIT."""
        try:
            given = {file.path: file.bytes for file in files}
            wants = _wanted.wanted(_packer.split(entry, given)[1], given)
            if wants:
                return packer.Packed_Wants(wants)
            content = {path: found for path, found in given.items() if found is not None}
            run = _import_limit.within(_interpreter.run)
            return packer.Packed_Bundle(_packer.pack(entry, content, run))
        except _packer.Unfit as error:
            raise Err(str(error)) from None
        except Exception as error:
            _log.exception(error)
            raise Err(f"{entry}: the bot cannot be packed: {error!r}") from None


Handler = _component.handler(_interpreter.bundled)
_interpreter.prepare()
_warm.up()
_interpreter.settle()
