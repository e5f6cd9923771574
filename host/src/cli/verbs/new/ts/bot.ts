// A bot: says what it hears, behind its greeting.

import { bot, env, type Query, type Reply, type Settings } from "./ravenry.js";

// What answers. It keeps nothing: every query gets a fresh one.
export const handler = bot({
    // Answers one query. Each `text` is sent to the reader at once.
    respond(query: Query, reply: Reply): void {
        reply.text(env.greeting ?? "I heard");
        reply.text(": ");
        reply.text(query.lastText);
        reply.suggest("Say it again");
    },

    // How Poe treats the bot.
    settings(): Settings {
        return { introductionMessage: "Say something." };
    },
});
