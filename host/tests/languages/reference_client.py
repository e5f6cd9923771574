"""A bot of the reference library that asks another, uploads and charges, all at a simulated Poe."""

import os
import socket
import sys

import fastapi_poe as fp
import uvicorn

KEY = os.environ["BOT_KEY"]


class Helper(fp.PoeBot):
    async def get_response(self, request):
        # Where Poe is, is known once it knows where this bot is.
        poe = sys.stdin.readline().strip()
        cost = fp.CostItem(amount_usd_milli_cents=50, description="all of it")
        await self.authorize_cost(request, cost, base_url=f"{poe}/")
        asking = fp.stream_request(request, "Claude-3-Haiku", KEY, base_url=f"{poe}/bot/")
        async for part in asking:
            yield part
        await self.post_message_attachment(
            message_id=request.message_id,
            file_data=b"It was a haiku.",
            filename="notes.txt",
            base_url=f"{poe}/poe_api/",
        )
        await self.capture_cost(request, cost, base_url=f"{poe}/")
        seen = [file.parsed_content for file in request.query[-1].attachments]
        yield fp.PartialResponse(text=f" Seen: {seen}")

    async def get_settings(self, setting):
        return fp.SettingsResponse(
            server_bot_dependencies={"Claude-3-Haiku": 1}, allow_attachments=True
        )


door = socket.socket()
door.bind(("127.0.0.1", 0))
# From here on the system takes connections; nobody is refused before the server runs.
door.listen()
print(f"http://127.0.0.1:{door.getsockname()[1]}/", flush=True)
app = fp.make_app(Helper(), access_key=KEY)
config = uvicorn.Config(app, log_level="warning", lifespan="off")
uvicorn.Server(config).run(sockets=[door])
