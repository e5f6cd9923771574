// A bot: says what it hears, behind its greeting.

import { bot, env } from "./ravenry.js";

// What answers. It keeps nothing: every query gets a fresh one.
export const handler = bot({
    // Answers one query. Each `text` is sent to the reader at once.
    respond(query, reply) {
        reply.text(env.greeting ?? "I heard");
        reply.text(": ");
        reply.text(query.lastText);
        reply.suggest("Say it again");
    },

    // How Poe treats the bot.
    settings() {
        return { introductionMessage: "Say something." };
    },
});
