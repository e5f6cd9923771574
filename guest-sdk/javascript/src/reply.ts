/** Where a bot's answer goes: one function per kind of event. */

import { backend } from "./backend.js";
import * as events from "./events.js";
import type { Event, File, FileEvent, Meta, Where } from "./events.js";
import { Failure } from "./failure.js";
import type { Members } from "./json.js";
import { maybeFlag, maybeWhole, shown, whole } from "./text.js";
import { bytesOf as utf8 } from "./utf8.js";

/** How a file is attached. */
export interface AttachOptions {
    /** Its media type; without it, the platform guesses. */
    contentType?: string | null;
    /** Gives the file a label, `inlineRef` of what is returned, under which the text shows it. */
    inline?: boolean;
}

/**
 * What a bot says while it answers a query.
 *
 * Events reach the reader in the order of the calls. A call returns when its event is accepted, not when it is
 * read; it waits while 64 KiB of the reply are unread, and then everything waits.
 *
 * A reply may hold 512,000 characters (Unicode scalar values, over texts and replacements together) and 10,000
 * events. `index` names one of several numbered answers shown side by side; without it the only one is meant.
 *
 * Everything throws `Stopped` when the reply takes nothing more, and `TypeError` for an event that makes no sense:
 * then nothing was sent, and the reply goes on. Half a surrogate pair in a text is said as U+FFFD.
 */
export class Reply {
    /**
     * Appends text to the reply.
     *
     * Text may be cut into calls anywhere, also inside a word; the reader sees the concatenation. Empty text is
     * accepted and not sent, but counts as an event.
     */
    text(text: string, where?: Where): void {
        this.say(events.text(whole(text), where));
    }

    /**
     * Discards all text of the reply so far and puts this in its place.
     *
     * Good for progress ("Working… 3 s") that gives way to the answer. Every replacement counts fully towards the
     * characters of the reply. Empty text is sent: it clears the reply.
     */
    replace(text: string, where?: Where): void {
        this.say(events.replace(whole(text), where));
    }

    /**
     * Offers something that the person may want to say next, shown as a button.
     *
     * Call it last: the platform shows only suggestions at the very end of a reply. Giving one keeps the platform
     * from inventing its own.
     */
    suggest(text: string): void {
        this.say(events.suggest(whole(text)));
    }

    /** Says how the reply is to be shown. Counts only as the first event of a reply: later calls are a `TypeError`. */
    meta(meta: Meta): void {
        const event = events.meta(meta);
        maybeWhole(event.contentType);
        for (const name of ["suggestedReplies", "linkify", "refetchSettings"] as const) maybeFlag(name, event[name]);
        this.say(event);
    }

    /**
     * Uploads these bytes and attaches the file to the reply, in this place of its events. A text is uploaded as
     * UTF-8.
     *
     * With `inline`, `events.markdownOf` of what is returned is what to write to show the file in the text. A file
     * may have 50 MB, a reply 20 files; the name must not be empty.
     *
     * Throws `PoeError`: `too-large` past the bounds, `broken` where the platform did not take it, `stopped` where
     * the reply does not.
     */
    attach(
        name: string,
        content: Uint8Array | ArrayBuffer | string,
        { contentType = null, inline = false }: AttachOptions = {},
    ): FileEvent {
        return backend().attach(whole(name), maybeWhole(contentType), bytesOf(content), Boolean(inline));
    }

    /**
     * Has the platform fetch this URL and attaches the file to the reply, in this place.
     *
     * `http` and `https` only. Without a name, the last part of the URL's path is taken. Throws as `attach` does.
     */
    attachUrl(
        url: string,
        { name = null, inline = false }: { name?: string | null; inline?: boolean } = {},
    ): FileEvent {
        return backend().attachUrl(whole(url), maybeWhole(name), Boolean(inline));
    }

    /** Attaches a file that is already on the web under its URL. */
    file(file: File): void {
        this.say(events.file(file));
    }

    /**
     * Attaches hidden text to the message that this reply becomes.
     *
     * The platform hands the last such text back as `message.metadata` in later queries, to this bot only. It
     * counts towards the characters of the reply.
     */
    data(metadata: string): void {
        this.say(events.data(whole(metadata)));
    }

    /** Sends a JSON object, used for tool calls in the shape of OpenAI's streaming chunks. At most 256 KiB as text. */
    json(value: Members): void {
        this.say(events.json(value));
    }

    /**
     * Ends the reply with an error. What was said stays and is shown above it.
     *
     * The same as throwing the failure from `respond`, for code that cannot do so just there. Every later call
     * throws `Stopped`.
     */
    error(failure: Failure): void {
        if (!(failure instanceof Failure)) throw new TypeError(`an error is a \`Failure\`, not ${shown(failure)}`);
        this.say(events.error(failure));
    }

    /**
     * Sends an event that this version has no function for.
     *
     * `name` is 1 to 64 characters of `a`-`z`, `0`-`9` and `_`; `value` must be a JSON object of at most 256 KiB.
     * Anything else, and the names `done` and `ping`, which belong to the gateway, are a `TypeError`. An event with
     * a function of its own here is treated as that function treats it.
     */
    event(name: string, value: Members): void {
        this.say(events.other(whole(name), value));
    }

    /** Sends an event. */
    say(event: Event): void {
        backend().say(event);
    }

    /**
     * Hands on an event of another bot, perhaps changed on the way.
     *
     * The rules are those of `Answer.relay`: hidden data belongs to the other bot and is left out, and so is a
     * `meta` that is not the first event of this reply.
     */
    passOn(event: Event): void {
        if (event.type === "data") return;
        if (event.type !== "meta") return this.say(event);
        try {
            this.say(event);
        } catch (error) {
            if (!(error instanceof TypeError)) throw error;
        }
    }
}

function bytesOf(content: Uint8Array | ArrayBuffer | string): Uint8Array {
    if (typeof content === "string") return utf8(content);
    if (content instanceof ArrayBuffer) return new Uint8Array(content);
    if (content instanceof Uint8Array) return content;
    throw new TypeError(`a file is bytes (\`Uint8Array\`) or a text, not ${shown(content)}`);
}
