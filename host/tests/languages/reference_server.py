"""A bot on fastapi_poe that says what it hears. Prints its URL once it listens."""

import socket
import sys

import fastapi_poe as fp
import uvicorn


class Echo(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text=request.query[-1].content)


if __name__ == "__main__":
    app = fp.make_app(Echo(path="/bot"), access_key=sys.argv[1])
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/bot", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])
