// The cat of plugins/cat in JavaScript: event for event the same.

import { bot, Failure, sleep } from "./ravenry.js";

const MARKDOWN = [
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

const PAUSE = 1000; // milliseconds between peeks, and between numbers

export const handler = bot({
    respond(query, reply) {
        const words = query.lastText.toLowerCase();
        const hears = (word) => words.includes(word);

        reply.meta({
            contentType: hears("plain") ? "text/plain" : "text/markdown",
            linkify: true,
            refetchSettings: false,
            suggestedReplies: !hears("dog"),
        });

        // The only word that does not keep the cat from hearing the next.
        if (hears("markdown")) {
            for (const chunk of MARKDOWN) reply.text(chunk);
        }

        if (hears("cardboard")) {
            reply.text("crunch ");
            reply.text("crunch");
        } else if (hears("kitchen") || hears("meal") || hears("food")) {
            reply.text("meow ");
            reply.text("meow");
            reply.suggest("feed the cat");
        } else if (hears("stranger")) {
            for (let peek = 0; peek < 10; peek++) {
                reply.text("peek ");
                sleep(PAUSE);
            }
        } else if (hears("square")) {
            throw new Failure("Square snacks are not tasty.");
        } else if (hears("cube")) {
            throw new Failure("Cube snacks are even less tasty.", { allowRetry: false });
        } else if (hears("count")) {
            for (let number = 1; number <= 10; number++) {
                reply.replace(String(number));
                if (!hears("quickly")) sleep(PAUSE);
            }
        } else {
            reply.text("zzz");
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
