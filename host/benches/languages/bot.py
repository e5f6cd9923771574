"""Says as many texts as it is asked for."""

import time

from ravenry import Bot, Query, Reply


class Speaker(Bot):
    def respond(self, query: Query, reply: Reply) -> None:
        word, number, *_ = query.last_text.split(" ")
        if word == "sleep":
            time.sleep(int(number) / 1000)
            return
        for _ in range(int(number)):
            reply.text("x" * 20)
