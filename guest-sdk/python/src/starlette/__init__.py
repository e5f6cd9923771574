"""A stand-in for what bots of fastapi_poe import of starlette: `starlette.requests.Request`."""
