// Says as many texts as it is asked for.

import { bot, sleep } from "./ravenry.js";

export const handler = bot({
    respond(query, reply) {
        const [word, number] = query.lastText.split(" ");
        if (word === "sleep") return sleep(Number(number));
        for (let text = 0; text < Number(number); text++) reply.text("x".repeat(20));
    },
});
