"""`ServerSentEvent` under the name of an older module."""

from .event import ServerSentEvent

__all__ = ["ServerSentEvent"]
