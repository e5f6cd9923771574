/** What a bot said in answer to one query. */

import { show, type Event, type MetaEvent } from "../events.js";
import type { Failure, Stopped } from "../failure.js";
import type { Knowledge } from "./knowledge.js";
import type { Charge, Upload } from "./played_world.js";
import type { Asked } from "./script.js";
import type { Store } from "./store.js";
import type { PlayedRequest } from "./upstream.js";

/** What a transcript is made of. */
export type TranscriptMembers = Omit<
    Transcript,
    "text" | "textAt" | "failure" | "meta" | "suggestions" | "timed" | "toString"
>;

/**
 * What a bot said in answer to one query.
 *
 * `String(transcript)` is meant for golden tests: one line for each event, with the platform's own name and the JSON
 * that goes over the wire, a line `wait 1s` wherever the bot waited, and `done {}`. Errors that the gateway writes in
 * the bot's name (nothing said, too long) are not in it.
 */
export class Transcript {
    /**
     * The events that were accepted, in order. A failure with which `respond` ended is the last one. Empty texts are
     * not there, because the gateway does not send them.
     */
    readonly events: Event[] = [];
    /** When each event was said, in milliseconds since the query: one for each of `events`. */
    readonly times: number[] = [];
    /** How long the bot waited in all, in milliseconds. */
    readonly took: number = 0;
    /** What `respond` threw, if anything. */
    readonly error: unknown = undefined;
    /** Why events were refused, in order. Mostly empty. */
    readonly refused: (Stopped | TypeError)[] = [];
    /** What other bots were asked, in order. */
    readonly asked: Asked[] = [];
    /** The files that were uploaded, in order; each is a file event, too. */
    readonly uploads: Upload[] = [];
    /** What was charged, in order. */
    readonly charges: Charge[] = [];
    /** What was sent to the web, in order, refused requests and all. */
    readonly requests: PlayedRequest[] = [];
    /** What the package wrote to the log about an error. What the bot prints is printed. */
    readonly log: string[] = [];
    /** What the bot remembers at the end: what the scene began with, and what has become of it. */
    readonly store!: Store;
    /** What the bot knows at the end: what the scene began with, and what has become of it. */
    readonly knowledge!: Knowledge;

    constructor(members: TranscriptMembers) {
        Object.assign(this, members);
    }

    /**
     * The text that the reader has before them at the end: texts joined, replacements made.
     *
     * Of a reply with several numbered answers, the part that belongs to none of them.
     */
    get text(): string {
        return this.textAt(null);
    }

    /** The same for the answer with this index. */
    textAt(index: number | null): string {
        let shown = "";
        for (const event of this.events) {
            if (event.type === "text" && event.index === index) shown += event.text;
            else if (event.type === "replace" && event.index === index) shown = event.text;
        }
        return shown;
    }

    /** The failure that ended the reply, whether it was said or thrown; `null`: it ended well. */
    get failure(): Failure | null {
        return this.events.find((event) => event.type === "error")?.failure ?? null;
    }

    /** How the reply is to be shown, where the bot said so. */
    get meta(): MetaEvent | null {
        return this.events.find((event) => event.type === "meta") ?? null;
    }

    /** The suggested replies, in order. */
    get suggestions(): string[] {
        return this.events.flatMap((event) => (event.type === "suggest" ? [event.text] : []));
    }

    /** Each event with the milliseconds after which it was said, counted from the query. */
    get timed(): [milliseconds: number, event: Event][] {
        return this.events.map((event, at) => [this.times[at]!, event]);
    }

    toString(): string {
        const lines: string[] = [];
        let before = 0;
        for (const [at, event] of this.timed) {
            lines.push(...waited(at - before), show(event));
            before = at;
        }
        lines.push(...waited(this.took - before), "done {}");
        return lines.map((line) => `${line}\n`).join("");
    }
}

function waited(milliseconds: number): string[] {
    if (milliseconds <= 0) return [];
    return [milliseconds >= 1000 ? `wait ${milliseconds / 1000}s` : `wait ${milliseconds}ms`];
}
