"""Names that others gave, as a list in Markdown bears them: on one line, and with no marks that
mean anything.
"""

import re

#: Characters that are not seen but change how others are: those of control that are no space, and
#: those that say in which direction others are written.
UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def one_line(text: str) -> str:
    """A text on one line, without what is not seen: whoever names a file does not write lines of
    the answer, nor turn it round.
    """
    return " ".join(UNSEEN.sub("", text).split())


def escaped(text: str) -> str:
    """A text on one line, that Markdown shows as it is."""
    line = one_line(text)
    # A link goes where it says: a backslash would belong to it, and its underscores mark nothing.
    is_link = line.startswith(("https://", "http://"))
    return re.sub(r"([\\\[\]`*<])" if is_link else r"([\\\[\]`*_<])", r"\\\1", line)
