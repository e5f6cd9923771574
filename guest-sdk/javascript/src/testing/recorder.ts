/** The reader of a played reply: keeps the bounds of the gateway, and what it was told. */

import * as events from "../events.js";
import type { Event } from "../events.js";
import { ERROR_TYPE_CHARACTERS_MAX, Failure, Stopped, TEXT_CHARACTERS_MAX, type StoppedReason } from "../failure.js";
import { stringify } from "../json.js";
import { checked, contentTypeChecked, indexChecked, objectChecked } from "../named_event.js";
import { byteCount, characterCount, maybeFlag, maybeWhole, shown, whole } from "../text.js";
import type { Clock } from "./clock.js";

/** What bounds a reply. */
export interface Bounds {
    charactersMax: number;
    eventsMax: number;
    /** After how many events the reader leaves; `null`: never. */
    leavesAfter: number | null;
}

/** What was said of one reply. */
export class Recorder {
    /** What was accepted. */
    readonly events: Event[] = [];
    /** When each of them was said, in milliseconds. */
    readonly times: number[] = [];
    /** Why others were not accepted. */
    readonly refused: (Stopped | TypeError)[] = [];
    readonly #clock: Clock;
    readonly #bounds: Bounds;
    #characters = 0;
    #count = 0;
    /** Set by the first bound that was passed and by `error`; repeated for every later event. */
    #over: StoppedReason | null = null;

    constructor(clock: Clock, bounds: Bounds) {
        this.#clock = clock;
        this.#bounds = bounds;
    }

    /** Takes one event; throws `Stopped` or `TypeError` where it does not. */
    say(event: Event): void {
        try {
            this.#say(event);
        } catch (error) {
            if (error instanceof Stopped || error instanceof TypeError) this.refused.push(error);
            throw error;
        }
    }

    #say(given: Event): void {
        const { charactersMax, eventsMax, leavesAfter } = this.#bounds;
        if (this.#over !== null) throw new Stopped(this.#over);
        if (leavesAfter !== null && this.#count >= leavesAfter) this.#stop("gone");
        const event = arrived(given);
        const characters = this.#characters + charactersOf(event);
        if (characters > charactersMax || this.#count >= eventsMax) this.#stop("too-long");
        if (event.type === "meta" && this.events.length > 0)
            throw new TypeError("`meta` counts only as the first event");
        this.#characters = characters;
        this.#count += 1;
        if (event.type === "error") this.#over = "ended";
        if (event.type !== "text" || event.text !== "") this.#keep(event);
    }

    #stop(reason: StoppedReason): never {
        this.#over = reason;
        throw new Stopped(reason);
    }

    #keep(event: Event): void {
        this.events.push(event);
        this.times.push(this.#clock.now);
    }

    /** Adds the failure with which `respond` ended, if the reply is still open for it. */
    end(failure: Failure | null): void {
        if (failure !== null && this.#over === null) this.#keep(arrived(events.error(failure)));
    }
}

/** What arrives of an event at the reader; `TypeError` where it makes no sense. */
function arrived(event: Event): Event {
    switch (event.type) {
        case "text":
            return events.text(whole(event.text), { index: indexChecked(event.index) });
        case "replace":
            return events.replace(whole(event.text), { index: indexChecked(event.index) });
        case "suggest":
            return events.suggest(whole(event.text));
        case "data":
            return events.data(whole(event.metadata));
        case "json":
            return events.json(objectChecked(event.value));
        case "other":
            return checked(whole(event.name), event.value);
        case "error": {
            const { text, allowRetry, errorType } = event.failure;
            const [said, word] = [cut(text, TEXT_CHARACTERS_MAX), cut(errorType, ERROR_TYPE_CHARACTERS_MAX)];
            return events.error(new Failure(said, { allowRetry, errorType: word }));
        }
        case "meta":
            return events.meta({
                contentType: contentTypeChecked(maybeWhole(event.contentType)),
                suggestedReplies: maybeFlag("suggestedReplies", event.suggestedReplies),
                linkify: maybeFlag("linkify", event.linkify),
                refetchSettings: maybeFlag("refetchSettings", event.refetchSettings),
            });
        case "file": {
            const [url, contentType, name] = [whole(event.url), whole(event.contentType), whole(event.name)];
            return events.file({ url, contentType, name, inlineRef: maybeWhole(event.inlineRef) });
        }
        default:
            throw new TypeError(`an event is one of \`events\`, not ${shown(event)}`);
    }
}

function cut(text: string | null, most: number): string | null {
    return text === null ? null : Array.from(text).slice(0, most).join("");
}

/** How many characters an event takes of those that a reply may hold. */
function charactersOf(event: Event): number {
    switch (event.type) {
        case "text":
        case "replace":
        case "suggest":
            return characterCount(event.text);
        case "data":
            return characterCount(event.metadata);
        case "error":
            return characterCount(event.failure.text ?? "") + characterCount(event.failure.errorType ?? "");
        case "file":
            return [event.url, event.contentType, event.name, event.inlineRef ?? ""].reduce(
                (sum, one) => sum + byteCount(one),
                0,
            );
        case "json":
        case "other":
            return byteCount(stringify(event.value));
        case "meta":
            return 0;
    }
}
