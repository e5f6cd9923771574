// Shows every kind of event that a simple bot needs: the cat of plugins/cat, event for event.
//
// `respond` is an async generator: what it yields is said.

import { bot, events, Failure, sleep } from "ravenry";

export const MARKDOWN = [
    "# All about me\n\n",
    "*Soft paws*, ",
    "**sharp claws**.\n",
    "\n",
    "What I need:\n\n",
    "- a box\n",
    "- a warm keyboard\n",
    "- people who [play with me](https://poe.com)\n",
    "\n",
    "A fair comparison:\n\n",
    "| animal | points |\n",
    "| ------ | ------ |\n",
    "| cat    | 10     |\n",
    "| dog    | 1      |\n",
    "\n",
];

/** Milliseconds between peeks, and between numbers. */
const PAUSE = 1000;

/** Picks single words out of what is said to it, and otherwise sleeps. */
export default bot({
    async *respond(query) {
        const words = query.lastText.toLowerCase();
        const hears = (word) => words.includes(word);
        yield events.meta({
            contentType: hears("plain") ? "text/plain" : "text/markdown",
            linkify: true,
            refetchSettings: false,
            suggestedReplies: !hears("dog"),
        });

        // The only word that does not keep the cat from hearing the next.
        if (hears("markdown")) yield* MARKDOWN;

        if (hears("cardboard")) {
            yield "crunch ";
            yield "crunch";
        } else if (hears("kitchen") || hears("meal") || hears("food")) {
            yield "meow ";
            yield "meow";
            yield events.suggest("feed the cat");
        } else if (hears("stranger")) {
            for (let peek = 0; peek < 10; peek++) {
                yield "peek ";
                await sleep(PAUSE);
            }
        } else if (hears("square")) {
            throw new Failure("Square snacks are not tasty.");
        } else if (hears("cube")) {
            throw new Failure("Cube snacks are even less tasty.", { allowRetry: false });
        } else if (hears("count")) {
            for (let number = 1; number <= 10; number++) {
                yield events.replace(String(number));
                if (!hears("quickly")) await sleep(PAUSE);
            }
        } else {
            yield "zzz";
        }
    },

    settings() {
        // The second is not among the platform's documented settings any more, but part of a cat.
        return { allowAttachments: true, extra: { allow_user_context_clear: true } };
    },

    // Quoted by JSON, because these words are a stranger's and may hold line breaks.
    onFeedback({ userId, feedbackType, messageId }) {
        console.log(
            `user ${JSON.stringify(userId)} gave ${JSON.stringify(feedbackType)}` +
                ` to message ${JSON.stringify(messageId)}`,
        );
    },

    onReaction({ userId, reaction, messageId }) {
        console.log(
            `user ${JSON.stringify(userId)} reacted with ${JSON.stringify(reaction)}` +
                ` to message ${JSON.stringify(messageId)}`,
        );
    },
});
