/** What a bot is, and what it is told beside queries. */

import type { Event } from "./events.js";
import type { Members } from "./json.js";
import type { Query } from "./query.js";
import type { Reply } from "./reply.js";
import type { Settings } from "./settings.js";
import { shown } from "./text.js";

/** A person's like or dislike of a message of this bot. */
export interface Feedback {
    /** The message. */
    messageId: string;
    /** Who judged. */
    userId: string;
    /** Where. */
    conversationId: string;
    /** `like` or `dislike`. More may come. */
    feedbackType: string;
}

/** A person's reaction to a message of this bot. */
export interface Reaction {
    /** The message. */
    messageId: string;
    /** Who reacted. */
    userId: string;
    /** Where. */
    conversationId: string;
    /** Such as `like`, `heart`, `laughing`, `surprised`, `sad`; other forms occur. */
    reaction: string;
}

/** What the platform could not make sense of. */
export interface ErrorReport {
    /** What was wrong, in words. Chosen by the sender: it can hold line breaks. */
    message: string;
    /** Details, in no fixed shape. */
    metadata: Members;
}

/** What `respond` may give: nothing, or texts and events one after the other; either may be waited for. */
export type Said = void | Promise<void> | Iterable<string | Event> | AsyncIterable<string | Event>;

/**
 * A bot: `respond` is required, the rest has defaults.
 *
 * Each call runs in a fresh instance of the component, so nothing can be carried from one call to the next;
 * `store` remembers. A call may compute 2 s at once, and 100 ms come back per second on the clock; waiting costs
 * nothing. These are the defaults of the gateway; whoever runs it chooses.
 */
export interface Bot {
    /**
     * Answers one query, by calling the functions of `reply` or by yielding.
     *
     * A function, an async function, a generator or an async generator. What a generator yields is said: a text,
     * or one of `events`; a `meta` that is not the first event is passed over. Anything else that is yielded or
     * returned is a `TypeError`.
     *
     * Returning ends the reply. A bot that returns without having said anything gets an error written in its name.
     * The call may take 3,600 s on the clock. When the reader leaves, the instance is discarded wherever it
     * stands.
     *
     * A `Failure` that is thrown is the polite way to give up: what was said stays, and the failure is shown below
     * it. A `Stopped` that is not caught ends the reply quietly; a `PoeError`, `HttpError`, `StoreError` or
     * `KnowledgeError` with its own sentence. Any other error is a record of the bot's log, and the person reads
     * that the bot failed. The same holds for a promise that nobody awaits: one that is rejected, and an async
     * function that still waits when `respond` returns.
     */
    respond(query: Query, reply: Reply): Said;

    /**
     * How the platform should treat this bot. By default all is left to the platform.
     *
     * Must answer within 5 s, and the same each time: the platform keeps the answer.
     */
    settings?(): Settings | Promise<Settings>;

    /**
     * A person liked or disliked a message of this bot. By default nothing happens.
     *
     * The platform no longer sends this to new bots; see `onReaction`. The call may take 5 s, and nobody is shown
     * its outcome. The same holds for the two below.
     */
    onFeedback?(feedback: Feedback): void | Promise<void>;

    /** A person put a reaction (an emoji) on a message of this bot, or took it away. By default nothing happens. */
    onReaction?(reaction: Reaction): void | Promise<void>;

    /**
     * The platform could not make sense of something that was sent in this bot's name. By default it is written to
     * the bot's log, in one line.
     */
    onError?(report: ErrorReport): void | Promise<void>;

    /**
     * Whether the text of attached files is put into the conversation before `respond` sees it; `true` by default.
     *
     * For each file of the last message whose text the platform has extracted, a message of the user that quotes
     * it is inserted before that last message: what a language model needs to know of it. See
     * `prompt.insertAttachments` for the rules. A bot that reads files itself says `false`.
     */
    insertsAttachments?: boolean;
}

/** The members that a bot can have. */
const MEMBERS = ["respond", "settings", "onFeedback", "onReaction", "onError", "insertsAttachments"];

/**
 * Makes an object a bot: the default export of the bot's file.
 *
 *     export default bot({
 *         respond(query, reply) {
 *             reply.text(query.lastText);
 *         },
 *     });
 *
 * `TypeError` where it is none.
 */
export function bot<B extends Bot>(made: B & ThisType<B>): B {
    return checked(made) as B;
}

/** The same for a value of which nothing is known. */
export function checked(made: unknown): Bot {
    if (typeof made !== "object" || made === null) throw new TypeError(`a bot is an object, not ${shown(made)}`);
    const given = made as Record<string, unknown>;
    if (typeof given["respond"] !== "function") throw new TypeError("a bot has a function `respond(query, reply)`");
    for (const name of MEMBERS.slice(1, -1)) {
        if (given[name] !== undefined && typeof given[name] !== "function") {
            throw new TypeError(`\`${name}\` of a bot is a function, not ${shown(given[name])}`);
        }
    }
    return made as Bot;
}
