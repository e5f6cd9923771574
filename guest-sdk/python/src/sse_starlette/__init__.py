"""A stand-in for what bots of fastapi_poe import of sse_starlette: `ServerSentEvent`."""

from .event import ServerSentEvent

__all__ = ["ServerSentEvent"]
