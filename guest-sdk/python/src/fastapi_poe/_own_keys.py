"""Which keys mean the bot itself.

The gateway holds the bot's access key and puts it to every call that a bot makes of the platform,
so such calls go through the gateway whatever a bot believes its key to be. Another key, that of a
person's account, says that somebody else pays: what comes with it goes over the web, to where it
always went.
"""

from __future__ import annotations

import os

from .types import QueryRequest

MISSING = "<missing>"

#: The key that the bot which answers was given, if any.
current: str | None = None


def is_own(key: str | None, request: QueryRequest | None = None) -> bool:
    """Whether a key is the bot's own, or none."""
    if not key or key in (MISSING, current, os.environ.get("POE_ACCESS_KEY")):
        return True
    return request is not None and key in (request.access_key, request.api_key)
