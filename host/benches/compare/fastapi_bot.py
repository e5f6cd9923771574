"""The same bot on fastapi_poe, for the comparison: says as many texts as it is asked for."""

import ctypes
import os
import socket
import sys

import fastapi_poe as fp
import uvicorn


class Bot(fp.PoeBot):
    async def get_response(self, request):
        asked = request.query[-1].content.split(" ")
        if asked[0] == "sleep":
            import asyncio

            await asyncio.sleep(int(asked[1]) / 1000)
            return
        for _ in range(int(asked[1])):
            yield fp.PartialResponse(text="x" * 20)


if __name__ == "__main__":
    app = fp.make_app(Bot(path="/bot"), allow_without_key=True)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    # Further processes accept from the same socket, and end with this one.
    for _ in range(int(sys.argv[1]) - 1):
        if os.fork() == 0:
            ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
            break
    config = uvicorn.Config(app, log_level="error")
    uvicorn.Server(config).run(sockets=[listener])
