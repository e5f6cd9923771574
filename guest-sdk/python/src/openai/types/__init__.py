"""Types of what the service answers."""

from __future__ import annotations

from .._objects import CompletionUsage, Image, ImagesResponse
from . import chat

__all__ = ["CompletionUsage", "Image", "ImagesResponse", "chat"]
