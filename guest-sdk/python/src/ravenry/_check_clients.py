"""What a file asks of the clients of our `openai`, which have less than the real ones.

A client is followed through the names that it is given: `client = OpenAI()` and then
`client.embeddings.create`, or `self.client`. What cannot be followed fails when it is called, with
the same sentence.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterator

CLIENTS = frozenset({"openai.AsyncClient", "openai.AsyncOpenAI", "openai.Client", "openai.OpenAI"})
"""What makes a client."""


def refused(
    tree: ast.Module, dotted: Callable[[ast.expr], str | None]
) -> Iterator[tuple[int, str]]:
    """Line and sentence of each use that does not work. `dotted` tells which name is meant."""
    made: dict[str, object] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            targets = [node.target]
        else:
            continue
        client = _client(node.value, dotted)
        if client is not None:
            made.update((ast.unparse(target), client) for target in targets)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            sentence = _refusal(node, made, dotted)
            if sentence is not None:
                yield node.lineno, sentence


def _client(node: ast.expr | None, dotted: Callable[[ast.expr], str | None]) -> object | None:
    """The client that an expression makes, if it makes one."""
    if not isinstance(node, ast.Call):
        return None
    name = dotted(node.func)
    if name not in CLIENTS:
        return None
    client: object = getattr(importlib.import_module("openai"), name.partition(".")[2])(api_key="x")
    return client


def _refusal(
    node: ast.Attribute, made: dict[str, object], dotted: Callable[[ast.expr], str | None]
) -> str | None:
    """Why the last part of `client.chat.completions` is not there; `None` where it is."""
    parts: list[str] = []
    base: ast.expr = node
    while isinstance(base, ast.Attribute) and ast.unparse(base) not in made:
        parts.append(base.attr)
        base = base.value
    thing = made.get(ast.unparse(base)) if made else None
    thing = _client(base, dotted) if thing is None else thing
    if thing is None:
        return None
    for part in reversed(parts):
        try:
            thing = getattr(thing, part)
        except (AttributeError, ImportError) as error:
            # Of a longer chain, the shortest part that is not there is said, once.
            return str(error) if part == parts[0] else None
    return None
