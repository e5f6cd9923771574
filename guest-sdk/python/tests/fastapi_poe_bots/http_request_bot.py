"""Shows the HTTP request, without the key and the host."""

from __future__ import annotations

import re
from pprint import pformat
from typing import AsyncIterable

import fastapi_poe as fp
from starlette.requests import Request


class HttpRequestBot(fp.PoeBot):
    async def get_response_with_context(
        self, request: fp.QueryRequest, context: fp.RequestContext
    ) -> AsyncIterable[fp.PartialResponse]:
        http_request: Request = context.http_request
        body = await http_request.json()
        shown = pformat(dict(http_request.headers))
        shown = re.sub(r"Bearer \w+", "Bearer [REDACTED]", shown)
        shown = re.sub(r"'host': '[^']*'", "'host': '[REDACTED]'", shown)
        yield fp.PartialResponse(
            text=f"{http_request.method} {http_request.url.path} {body['type']}\n"
            f"```python\n{shown}\n```"
        )


app = fp.make_app([HttpRequestBot(path="/http")], allow_without_key=True)
