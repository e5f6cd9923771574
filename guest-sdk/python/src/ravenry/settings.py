"""How the platform should treat a bot, and the controls that a person can set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .controls import (
    AspectRatio,
    Comparator,
    Condition,
    Control,
    Divider,
    DropDown,
    Field,
    Literal,
    Operand,
    Parameter,
    ParameterControls,
    Ratio,
    Section,
    Slider,
    Tab,
    TextArea,
    TextField,
    ToggleSwitch,
)

__all__ = [
    "AspectRatio",
    "Comparator",
    "Condition",
    "Control",
    "Divider",
    "DropDown",
    "Field",
    "Literal",
    "Operand",
    "Parameter",
    "ParameterControls",
    "Ratio",
    "Section",
    "Settings",
    "Slider",
    "Tab",
    "TextArea",
    "TextField",
    "ToggleSwitch",
]


@dataclass(slots=True)
class Settings:
    """How the platform should treat a bot. What is `None` is left out, and the platform's default
    holds.

        >>> Settings(allow_attachments=True, introduction_message="Ask me for a capital.").lint()
        []
    """

    #: How many calls to other bots one reply may make: bot name to number, 1 to 100.
    server_bot_dependencies: dict[str, int] = field(default_factory=dict[str, int])
    #: Whether people may attach files.
    allow_attachments: bool | None = None
    #: Whether the platform extracts the text of attached documents.
    expand_text_attachments: bool | None = None
    #: Whether the platform describes attached images in words.
    enable_image_comprehension: bool | None = None
    #: What the bot says first, in Markdown.
    introduction_message: str | None = None
    #: Whether consecutive messages of one role are joined before they are sent.
    enforce_author_role_alternation: bool | None = None
    #: Whether messages of other bots in the conversation are sent along.
    enable_multi_entity_prompting: bool | None = None
    #: The price list, in Markdown with `[usd_milli_cents=N]` marks.
    rate_card: str | None = None
    #: The price in a few words, with the same marks.
    cost_label: str | None = None
    #: Controls shown beside the text field; also as the JSON object that the platform documents.
    parameter_controls: ParameterControls | Mapping[str, Any] | None = None
    #: Further members of the settings object, for what the platform adds.
    #:
    #: A member named here wins over the field of the same name above.
    extra: dict[str, Any] | None = None

    def lint(self) -> list[str]:
        """Each mistake that the platform would drop in silence, in one sentence, at most 51. Empty
        where there is none.

        The gateway logs the same when it mounts a bot; a test finds it before:

            >>> Settings(rate_card="[usd_milli_cents 3]").lint()
            ['`rate_card` has a price mark that is not of the form `[usd_milli_cents=N]`.']

        A number that JSON cannot hold (not a number, infinite) is sent as `null`, and so it is
        missing.
        """
        from .lint import lint

        return lint(self)
