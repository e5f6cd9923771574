"""What a person may say to the guide: a few sentences about their files, and anything else is a
question.
"""

import re
from itertools import takewhile

#: A word, or what says nothing of what a person wants. No "will you": who asks whether files will
#: be deleted does not ask for it.
WORD = re.compile(
    r"(?:all|just|now|please|thanks|(?:can|could|would|thank)[\W_]+you|tell[\W_]+me)(?![^\W_])"
    r"|([^\W_]+)",
    re.IGNORECASE,
)

#: What a person says who has read an answer and wants nothing more.
THANKS = re.compile(
    "((thanks|thank you|many thanks|thx|ok|okay|great|perfect|got it|very much|so much|a lot"
    "|for your help)( |$))+"
)

#: What a person may say of their files, without fillers.
LIST = re.compile(
    "(what|which) files (do )?you have|which of my files do you have"
    "|what are my files|((list|show|show me) )?my files"
)
FORGET = re.compile("(forget|delete|remove|erase|clear) my files")

#: How a question to a person's own files begins; where nothing follows, they ask what there is.
OF_FILES = re.compile(
    "(what do my files say( about)?|what my files say about|what does my file say about"
    "|according to my files|ask my files about|(look in|search) my files for)( |$)"
)

#: How a wish to have files removed begins, and what may stand between such a verb and a name.
FORGET_VERBS = frozenset("forget delete remove erase clear wipe".split())
BEFORE_NAME = frozenset("the my file document".split())

#: What may stand around the name of a file.
MARKS = r"""[\s:"'`*“”‘’«»]*"""

FORGET_NOUNS = frozenset("file files document documents data everything".split())

LIST_VERBS = frozenset("list show which what".split())
LIST_NOUNS = frozenset("files documents uploaded attached".split())

#: All that a person says who wants to see their files; any other word may be what a question to the
#: documents is about.
LIST_WORDS = LIST_VERBS | LIST_NOUNS | frozenset(
    """a all any are been by can could did do does file give given handed has have here i in is
    kept keep know me mine my now of our please saved see sent so far stored tell that the
    there to upload us was we were you your""".split()
)

#: Words of a question, not of a wish: "don't" is "don" and "t" here. Then the same, where a wish
#: begins with no such word.
NO_WISH = frozenset("not dont t never how about why when where".split())
NO_WISH_TO_FORGET = frozenset("what which who does".split())

#: Most words of a wish that is put in words which are not ours.
NEAR_MISS_WORDS_MAX = 8

#: What removes files, for those who seem to want it: too much would be lost by a guess.
FORGET_HINT = (
    "To have all of your files removed, write: forget my files; for a single one: forget the file"
    " NAME"
)

LIST_HINT = "To see which of your files I have, write: which files do you have"

#: All words of a question about a file at large: a search finds nothing by them, or what has
#: nothing to do with it.
GENERAL = frozenset(
    """a about all an and attached attachment briefly can content contents could describe do
    document documents does everything explain file files for give here i in inside into is it key
    main me mean my of overview page pdf please points read s say says short so sum summarise
    summarize summary tell text that the there these they this those to up us want what whole would
    you""".split()
)


def parse(text: str) -> tuple[str, str]:
    """What a person wants, and which question they ask, or what to write instead. Upper case, marks
    and fillers make no difference; with any other word more it is a question.
    """
    everything = all_words(text)
    if THANKS.fullmatch(" ".join(everything)):
        return "thanks", ""
    words = [word for word in WORD.finditer(text) if word[1]]
    said = " ".join(word[1].lower() for word in words)
    of_files = OF_FILES.match(said)
    if LIST.fullmatch(said) or (of_files and of_files[0] == said):
        return "list", ""
    if FORGET.fullmatch(said):
        return "forget", ""
    if of_files:
        behind = text[words[of_files[1].count(" ")].end() :]
        return "ask files", re.sub(r"^[\s:,]+", "", behind)
    hint = near_miss(everything)
    return ("ask", text) if hint is None else ("near miss", hint)


def all_words(text: str) -> list[str]:
    """All words of a text, in lower case."""
    return [word.lower() for word in re.findall(r"[^\W_]+", text)]


def near_miss(words: list[str]) -> str | None:
    """What to write instead of a sentence that is close to one of ours."""
    said = set(words)
    if len(words) > NEAR_MISS_WORDS_MAX or said & NO_WISH:
        return None
    if said & FORGET_VERBS and said & FORGET_NOUNS and not said & NO_WISH_TO_FORGET:
        return FORGET_HINT
    return LIST_HINT if may_be_list(said) and said <= LIST_WORDS else None


def may_be_list(words: set[str]) -> bool:
    return bool(words & LIST_VERBS and words & LIST_NOUNS)


def list_hint(text: str) -> str | None:
    """What to say where nothing was found by words that may be a wish to see files."""
    words = all_words(text)
    may_be_wish = len(words) <= NEAR_MISS_WORDS_MAX and not NO_WISH.intersection(words)
    return LIST_HINT if may_be_wish and may_be_list(set(words)) else None


def is_general(text: str) -> bool:
    """Whether a question names nothing that it is about, as "What is in here?"."""
    words = all_words(text)
    return bool(words) and GENERAL.issuperset(words)


def behind_forget(text: str) -> list[str]:
    """What may begin with the name of a file that a person wants removed."""
    words = [word for word in WORD.finditer(text) if word[1]]
    if not words or words[0][1].lower() not in FORGET_VERBS:
        return []
    between = takewhile(lambda word: word[1].lower() in BEFORE_NAME, words[1:])
    return [text[word.end() :] for word in (words[0], *between)]


def is_name(text: str, name: str) -> bool:
    """Whether a text is this name, with marks and fillers around it at most."""
    for marks in (r"\s*", MARKS):
        start = re.match(marks, text)
        rest = text[start.end() :] if start else text
        if rest.startswith(name) and not rest[len(name) : len(name) + 1].isalnum():
            return not any(word[1] for word in WORD.finditer(rest[len(name) :]))
    return False
