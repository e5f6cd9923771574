"""Asks a bot, and hands its answer on: by the gateway, or each event by itself."""

from ravenry import Bot, Query, Reply, Settings, poe


class Asker(Bot):
    def respond(self, query: Query, reply: Reply) -> None:
        verb, bot = query.last_text.split()
        answer = poe.ask(bot)
        if verb == "relay":
            answer.relay()
        else:
            for event in answer:
                reply.pass_on(event)

    def settings(self) -> Settings:
        return Settings(server_bot_dependencies={"helper": 1, "other": 1, "myself": 1})
