"""The entry of no component: it compiles the library, once for all builds, and leaves it in a file.

`build.py` puts the directory for it on `sys.path`, with a file `ORDER` in it. The tool that ran
this is told that there is nothing to make.
"""

from __future__ import annotations

import os
import sys

from . import _library

ORDER = "ravenry-library.txt"

place = next(d for d in sys.path if os.path.isfile(os.path.join(d, ORDER)))
with open(os.path.join(place, _library.CACHE), "wb") as file:
    file.write(_library.collect("/python", sys.path).dumps())
raise SystemExit("the library is collected")
