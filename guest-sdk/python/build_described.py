"""What a bot's file says of itself: name, keys, hosts and packages, for the directory made of it.

Found is what stands in the file; what would show only if it ran is not. Of each thing that cannot
be found, a sentence says what is to be written by hand. No key in the file is repeated.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from build_beside import beside, mounted, requirements
from build_code import Code, Notes, Read, Source, keyword

OPENAI = "https://api.openai.com"
CLIENTS = ("openai.OpenAI", "openai.AsyncOpenAI", "openai.Client", "openai.AsyncClient")

KEPT = "held by the gateway"
"""What a file finds in the place of an access key that it insists on."""

_SECRET = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD)S?$", re.IGNORECASE)
_KEY = re.compile(r"(?:Bearer )?(?:sk-|ghp_|xox[bp]-|AIza)\S{12,}$|Bearer [^\s{}]{16,}$")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ROUTE = re.compile(r"(?:/[\w~-][\w.~-]*)+", re.ASCII)
_HOST = re.compile(
    r"(https?://(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*(?::\d{1,5})?)"
    r"(?=[/?#\s\"'`<>()\[\],;]|\.?$)"
)
_SHOWN = re.compile(r"\.(?:png|jpe?g|gif|webp|svg|ico|mp[34]|webm|wav|ogg|pdf)$", re.IGNORECASE)
"""How addresses end that are handed on to readers rather than asked."""


@dataclass
class Bot:
    """One bot of a file: what is given to its class, or stands in it."""

    given: dict[str, ast.expr] = field(default_factory=dict[str, ast.expr])
    """`path`, `access_key` and `bot_name`."""


def described(bot: Path) -> dict[str, object]:
    """All that is found, with what is to be done by hand as `notes`."""
    code = Code(bot)
    notes = Notes(bot.name)
    files, checked = beside(bot)
    reads = code.reads()
    bots = [about(code, notes, one, several) for one, several in registered(code)]
    names_taken(bots)
    keys = {one["access_key"] for one in bots}
    secrets = openai_secrets(code, notes)
    sure, unsure = hosts(code)
    sure = sorted({*sure, *(host for granted in secrets.values() for host in granted)})
    config = {name: KEPT for name in reads if name in keys - {*secrets} and reads[name].is_demanded}
    sent_addresses(code, notes)
    known = {*keys, *secrets, *code.sets(), "FASTAPI_POE_PATH"}
    open_reads = [read for name, read in reads.items() if name not in known]
    by_hand = list(variables(open_reads, notes))
    literal_keys(code, notes)
    packages = requirements(code, notes, bot.parent, checked)
    mounted(code, notes, files)
    for name in sorted({*keys, *secrets} - {None}, key=str):
        what = "the access key that Poe shows" if name in keys else "the key of the service"
        notes.add_whole(f"set the variable {name} for `ravenry up`: {what}")
    return {
        "file": bot.name,
        "bots": bots,
        "config": config,
        "secrets": secrets,
        "hosts": sure,
        "unsure_hosts": [host for host in unsure if host not in sure],
        "variables": by_hand,
        "packages": packages,
        "files": sorted(files),
        "notes": notes.sentences(),
    }


# The bots.


def registered(code: Code) -> Iterator[tuple[Bot, bool]]:
    """The bots of a file, each with whether there are several. A file of `ravenry` has one."""
    classes: dict[str, dict[str, ast.expr]] = {}
    for node in code.nodes:
        if isinstance(node, ast.ClassDef):
            bases = [classes.get(base.id) for base in node.bases if isinstance(base, ast.Name)]
            own = next((base for base in bases if base is not None), None)
            whole = [code.dotted(base).rpartition(".")[2] for base in node.bases]
            if own is not None or "PoeBot" in whole:
                classes[node.name] = {**(own or {}), **attributes(node)}
    found: dict[str, Bot] = {}
    for call in code.calls():
        if isinstance(call.func, ast.Name) and call.func.id in classes:
            given = dict(classes[call.func.id])
            for name in ("path", "access_key", "bot_name"):
                value = keyword(call, name)
                if value is not None:
                    given[name] = value
            if call.args and (code.text(call.args[0]) or "").startswith("/"):
                given["path"] = call.args[0]
            found.setdefault(code.text(given.get("path")) or "/", Bot(given))
    if not found and len(classes) == 1:
        found["/"] = Bot(*classes.values())
    bots = list(found.values()) or [Bot()]
    return ((bot, len(bots) > 1) for bot in bots)


def attributes(node: ast.ClassDef) -> dict[str, ast.expr]:
    """What the body of a class says of the bot."""
    found: dict[str, ast.expr] = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value:
            target, value = statement.target, statement.value
        else:
            continue
        if isinstance(target, ast.Name) and target.id in ("path", "access_key", "bot_name"):
            found[target.id] = value
    return found


def about(code: Code, notes: Notes, bot: Bot, several: bool) -> dict[str, object]:
    """What is known of one bot."""
    path = "/" + (code.text(bot.given.get("path")) or "").strip("/")
    name = bot_name(path if path != "/" else code.name.removesuffix(".py"))
    has_route = path not in ("/", f"/{name}") and _ROUTE.fullmatch(path) is not None
    found: dict[str, object] = {"name": name, "route": path if has_route else None}
    found["path"] = path if several else None
    calls = [call for call in code.calls() if is_server(code.dotted(call.func))]
    given = [bot.given.get("access_key")]
    names = [bot.given.get("bot_name")]
    if not several:
        for call in calls:
            positional = call.args[1] if len(call.args) > 1 else None
            given += [keyword(call, "access_key") or positional, keyword(call, "api_key")]
            names.append(keyword(call, "bot_name"))
    own = f"{name.upper().replace('-', '_')}_KEY" if several else "POE_ACCESS_KEY"
    key = access_key(code, notes, given, own)
    if key is None and any(not is_open(call) for call in calls):
        key = own
    found["access_key"] = key
    shown = (text for text in map(code.text, names) if text and text.isprintable())
    found["poe_name"] = next(shown, None)
    unfound = [value for value in names if value is not None and code.text(value) is None]
    if unfound and not found["poe_name"] and code.source(unfound[0]):
        said = "computes the bot's name at Poe: write it as `name` under `poe` in ravenry.toml"
        notes.add(unfound[0].lineno, said)
    return found


def bot_name(text: str) -> str:
    """A name that a manifest takes."""
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")[:64] or "bot"


def names_taken(bots: list[dict[str, object]]) -> None:
    """Numbers names that several paths have come to."""
    taken: set[object] = set()
    for bot in bots:
        name, number = str(bot["name"])[:60], 2
        while bot["name"] in taken:
            bot["name"] = f"{name}-{number}"
            number += 1
        taken.add(bot["name"])


def is_server(dotted: str) -> bool:
    """Whether a function is one with which `fastapi_poe` serves bots."""
    package, _, name = dotted.rpartition(".")
    return package in ("fastapi_poe", "fastapi_poe.base") and name in ("run", "make_app")


def is_open(call: ast.Call) -> bool:
    """Whether a bot is served to everybody."""
    value = keyword(call, "allow_without_key")
    return isinstance(value, ast.Constant) and value.value is True


def access_key(code: Code, notes: Notes, given: list[ast.expr | None], own: str) -> str | None:
    """The variable with a bot's access key; `own` where the file does not say which."""
    source = next(filter(None, map(code.source, given)), None)
    if source is None:
        return None
    if source.variable and _VARIABLE.fullmatch(source.variable):
        return source.variable
    if source.is_literal:
        notes.lines_with_keys.add(source.line)
        said = f"holds the access key itself: take it out of the file, and set the variable {own}"
    else:
        said = (
            "takes the access key from where it is seen only when the file runs: set the variable"
            f" {own}, or change `access_key` in ravenry.toml"
        )
    notes.add(source.line, said)
    return own


# Keys, variables, hosts.


def openai_secrets(code: Code, notes: Notes) -> dict[str, list[str]]:
    """The variables with keys of `openai`, each with the hosts that it is for."""
    found: dict[str, list[str]] = {}
    calls = [call for call in code.calls() if code.dotted(call.func) in CLIENTS]
    for call in calls:
        base = keyword(call, "base_url")
        match = _HOST.match(code.text(base) or OPENAI)
        if (base is not None and code.text(base) is None) or not match:
            said = "asks a service whose address is not in the file: write its host and key, too"
            notes.add(call.lineno, said)
            continue
        source = code.source(keyword(call, "api_key")) or Source(call.lineno, "OPENAI_API_KEY")
        if source.variable and _VARIABLE.fullmatch(source.variable):
            granted = found.setdefault(source.variable, [])
            if match[1].lower() not in granted:
                granted.append(match[1].lower())
        elif not source.is_literal:
            said = "asks a service with a key that is not found: write it under `secrets`"
            notes.add(call.lineno, said)
    if not calls and code.imports("openai"):
        found["OPENAI_API_KEY"] = [OPENAI]
    return found


def variables(reads: list[Read], notes: Notes) -> Iterator[dict[str, object]]:
    """The variables that the manifest is to have by hand."""
    for read in reads:
        if not _VARIABLE.fullmatch(read.name):
            continue
        is_secret = _SECRET.search(read.name) is not None
        if is_secret:
            said = f"reads {read.name}: write under `secrets` in ravenry.toml which host gets it"
        else:
            said = f"reads {read.name}: give it a value under `config` in ravenry.toml"
        if read.is_demanded:
            said += ", without which the bot is not built"
        notes.add(read.line, said)
        yield {"name": read.name, "is_secret": is_secret, "line": read.line}


def literal_keys(code: Code, notes: Notes) -> None:
    """Notes the lines that hold keys."""
    lines = [node.lineno for node, text in code.texts() if _KEY.match(text)]
    for node in code.nodes:
        for name, value in named(code, node):
            text = value.value if isinstance(value, ast.Constant) else None
            looks = isinstance(text, str) and re.fullmatch(r"\S{16,}", text) is not None
            if looks and _SECRET.search(name):
                lines.append(value.lineno)
    for line in sorted({*lines} - notes.lines_with_keys):
        said = (
            "holds what looks like a key: read it from `os.environ`, and name it under `secrets`;"
            " what stands in the file stands in the component, too"
        )
        notes.add(line, said)


def named(code: Code, node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Values with the names that they are given: of variables, arguments and entries."""
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Subscript):
                yield code.text(target.slice) or "", node.value
            else:
                yield ast.unparse(target), node.value
    elif isinstance(node, ast.Call):
        yield from ((word.arg or "", word.value) for word in node.keywords)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            yield code.text(key) or "", value


def sent_addresses(code: Code, notes: Notes) -> None:
    """Notes calls that ask an address which comes with a query: `requests.get(attachment.url)`."""
    for call in code.calls():
        asked = call.args[0] if call.args else keyword(call, "url")
        is_sent = isinstance(asked, ast.Attribute) and asked.attr == "url"
        if is_sent and code.dotted(call.func).partition(".")[0] in ("httpx", "requests", "urllib"):
            said = (
                "asks an address that comes with a query: name its host under"
                " `allowed_outbound_hosts` in ravenry.toml"
            )
            notes.add(call.lineno, said)


def hosts(code: Code) -> tuple[list[str], list[str]]:
    """Hosts that the file asks, and those that it may only show.

    A text that is an address from its beginning is asked, unless it ends like a picture; one inside
    of other words is for readers.
    """
    sure, unsure = dict[str, None](), dict[str, None]()
    for _, text in code.texts():
        path = re.split(r"[?#]", text, maxsplit=1)[0]
        is_address = not re.search(r"\s", text) and not _SHOWN.search(path)
        for match in _HOST.finditer(text):
            asked = is_address and match.start() == 0
            (sure if asked else unsure)[match[1].lower()] = None
    return list(sure), list(unsure)
