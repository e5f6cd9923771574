// Shows two bots asked at once, and two answers that grow side by side in one reply. The bot of plugins/versus, event for
// event.

import { bot, poe, PoeError } from "ravenry";

/**
 * The page is shown anew when this part of it is new. Each time counts as a whole: so a page of N characters takes 17 N
 * of those that a reply may hold, not the square of N.
 */
export const NEW_SHARE = 16;

/** Who is asked, and the name over the answer. */
const RIVALS = [
    { bot: "GPT-3.5-Turbo", title: "Gpt-3.5-Turbo" },
    { bot: "Claude-3.5-Haiku", title: "Claude-3.5-Haiku" },
].map(({ bot, title }) => ({ bot, label: `**${title}** says:\n`, failure: `**${title}** ran into an error` }));

const utf8 = new TextEncoder();

/** Two texts on one page that is replaced as they grow. */
class Page {
    #reply;
    #parts = new Map(RIVALS.map((rival) => [rival, ""]));
    /** Bytes of each part, and of them all those that the reader has not seen yet. */
    #sizes = new Map(RIVALS.map((rival) => [rival, 0]));
    #new = 0;

    constructor(reply) {
        this.#reply = reply;
    }

    /** Puts a text in place of what stood there. */
    set(rival, text) {
        this.#parts.set(rival, "");
        this.#sizes.set(rival, 0);
        this.add(rival, text);
    }

    /** Appends to a text. */
    add(rival, text) {
        const size = utf8.encode(text).length;
        this.#parts.set(rival, this.#parts.get(rival) + text);
        this.#sizes.set(rival, this.#sizes.get(rival) + size);
        this.#new += size;
        const all = [...this.#sizes.values()].reduce((sum, one) => sum + one, 0);
        if (this.#new >= Math.floor(all / NEW_SHARE)) this.show();
    }

    /** Shows what is new, if anything is. */
    show() {
        if (this.#new === 0) return;
        this.#new = 0;
        const parts = [...this.#parts.values()].filter((part) => part !== "");
        this.#reply.replace(parts.join("\n\n"));
    }

    /** Hands on what is not part of the page. */
    passOn(event) {
        this.#reply.passOn(event);
    }
}

/** Lets two bots answer the same question. */
export default bot({
    async respond(query, reply) {
        const page = new Page(reply);
        const errors = await Promise.all(RIVALS.map((rival) => play(rival, query.messages, page)));
        if (errors.every((error) => error !== null)) throw errors[0];
    },

    settings() {
        return { serverBotDependencies: Object.fromEntries(RIVALS.map(({ bot }) => [bot, 1])) };
    },
});

/**
 * Asks one bot, and keeps its part of the page up to date. Gives why it failed, where it did: that is its own affair, as
 * long as the other one answers.
 */
async function play(rival, messages, page) {
    page.set(rival, rival.label);
    try {
        for await (const event of poe.ask(rival.bot, {
            messages: messages.map((message) => ownPart(rival, message)),
        })) {
            if (event.type === "text") page.add(rival, event.text);
            else if (event.type === "replace") page.set(rival, rival.label + event.text);
            // One reply cannot look in two ways.
            else if (event.type !== "meta" && event.type !== "json") page.passOn(event);
        }
        page.show();
        return null;
    } catch (error) {
        if (!(error instanceof PoeError)) throw error;
        console.log(`${rival.bot} failed: ${error.message}`);
        page.set(rival, rival.failure);
        page.show();
        return error;
    }
}

/**
 * A message as this rival knows it: of what this bot said, only the rival's own part. Messages without such a part stay
 * as they are.
 */
function ownPart(rival, message) {
    const [, ...after] = message.content.split(rival.label);
    if (message.role !== "bot" || after.length === 0) return message;
    let part = after.join(rival.label);
    for (const mark of RIVALS.flatMap(({ label, failure }) => [label, failure])) [part] = part.split(mark);
    return message.with({ content: part.trimEnd() });
}
