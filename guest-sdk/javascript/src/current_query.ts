/**
 * The query at hand, as far as questions to other bots need it.
 *
 * A question takes the conversation over by itself. What the gateway cannot know are messages that were inserted on
 * this side, so they are kept here. An instance answers one query; natively each test scene sets its own.
 */

import * as prompt from "./prompt.js";
import { Query, type Message } from "./query.js";

/** What is kept of a query. */
export interface QueryAtHand {
    /** The conversation, where something was inserted into it. */
    inserted: Message[] | null;
    /** The conversation as the bot sees it. */
    messages: Message[];
}

let atHand: QueryAtHand = { inserted: null, messages: [] };

/** What is kept of the query at hand. */
export function queryAtHand(): QueryAtHand {
    return atHand;
}

/** Puts another in its place, and returns what was there. */
export function useQuery(next: QueryAtHand): QueryAtHand {
    const before = atHand;
    atHand = next;
    return before;
}

/** Inserts the text of attached files, where the bot wants that, and remembers it. */
export function prepare(query: Query, insertsAttachments: boolean): Query {
    let prepared = query;
    if (insertsAttachments && query.attachments.some((one) => one.parsedContent)) {
        const messages = prompt.insertAttachments(query.messages);
        if (messages.length !== query.messages.length) prepared = new Query({ ...query, messages });
    }
    const inserted = prepared === query ? null : [...prepared.messages];
    atHand = { inserted, messages: [...prepared.messages] };
    return prepared;
}
