"""What the platform would drop in silence, said in sentences: the same as the gateway's linter.

The platform checks settings strictly and in silence: one mistake, and the controls, or the whole
object, are as if never sent. Nothing is corrected here: what a bot says is what is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from . import _lint_controls
from ._lint_controls import Lints, shown
from ._text import dumps, loads
from .settings import Settings

__all__ = ["lint", "members"]

#: The version of the settings' vocabulary that is sent. The platform drops parameter controls
#: below.
RESPONSE_VERSION = 2

#: Most calls to one other bot that a reply may declare.
CALLS_MAX = 100

#: The members of the settings object that the platform is known to take, old ones included
#: (reference library 0.0.83). On any other it drops the object.
_MEMBERS = frozenset(
    {
        "response_version",
        "server_bot_dependencies",
        "allow_attachments",
        "expand_text_attachments",
        "enable_image_comprehension",
        "introduction_message",
        "enforce_author_role_alternation",
        "enable_multi_entity_prompting",
        "enable_multi_bot_chat_prompting",
        "rate_card",
        "cost_label",
        "custom_rate_card",
        "parameter_controls",
        "context_clear_window_secs",
        "allow_user_context_clear",
    }
)

_PLAIN = (
    "allow_attachments",
    "expand_text_attachments",
    "enable_image_comprehension",
    "introduction_message",
    "enforce_author_role_alternation",
    "enable_multi_entity_prompting",
    "rate_card",
    "cost_label",
)

_PRICE = re.compile(r"=[0-9]+\]")


def members(settings: Settings) -> dict[str, Any]:
    """The members of the settings object, as they are sent."""
    found: dict[str, Any] = {"response_version": RESPONSE_VERSION}
    if settings.server_bot_dependencies:
        found["server_bot_dependencies"] = settings.server_bot_dependencies
    for name in _PLAIN:
        value = getattr(settings, name)
        if value is not None:
            found[name] = value
    if settings.parameter_controls is not None:
        found["parameter_controls"] = settings.parameter_controls
    found.update(settings.extra or {})
    # As the platform reads them: what JSON cannot hold is `null` there.
    return cast("dict[str, Any]", loads(dumps(found)))


def lint(settings: Settings) -> list[str]:
    """Each mistake that the platform would drop in silence, in one sentence; at most 51."""
    lints = Lints()
    _dependencies(settings.server_bot_dependencies, lints)
    _price("rate_card", settings.rate_card, lints)
    _price("cost_label", settings.cost_label, lints)
    sent = members(settings)
    for name in sent:
        if name not in _MEMBERS:
            lints.say(
                f"`extra` has the member `{shown(name)}`, which the platform is not known to take;"
                " it may drop all settings."
            )
    controls = sent.get("parameter_controls")
    if controls is not None:
        version = sent.get("response_version")
        if not isinstance(version, int) or version < RESPONSE_VERSION:
            lints.say(
                f"`response_version` is below {RESPONSE_VERSION}; the platform then drops"
                " `parameter_controls`."
            )
        _lint_controls.lint(controls, lints)
    return lints.sentences()


def _dependencies(dependencies: Mapping[str, int], lints: Lints) -> None:
    for bot, calls in dependencies.items():
        if not bot:
            lints.say("`server_bot_dependencies` names a bot without a name.")
        if not 1 <= calls <= CALLS_MAX:
            lints.say(
                f"`server_bot_dependencies` allows {calls} calls to `{shown(bot)}`; the platform"
                f" takes 1 to {CALLS_MAX}."
            )


def _price(name: str, text: str | None, lints: Lints) -> None:
    """Looks for price marks that the platform would show as they stand."""
    for mark in (text or "").split("[usd_milli_cents")[1:]:
        if not _PRICE.match(mark):
            lints.say(f"`{name}` has a price mark that is not of the form `[usd_milli_cents=N]`.")
