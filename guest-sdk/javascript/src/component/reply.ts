/** What a bot says, through the gateway. */

import * as gateway from "ravenry:bot/reply@0.1.0";
import type { Event } from "../events.js";
import { Failure, Stopped, type StoppedReason } from "../failure.js";
import { indexChecked, objectWritten } from "../named_event.js";
import { maybeFlag, maybeWhole, shown, whole } from "../text.js";
import { asked, textOf, type Variant } from "./refusal.js";

const REASONS = ["too-long", "ended", "gone", "invalid"];

/** Why the gateway does not take an event. */
export function stoppedOf(refusal: Variant): Stopped {
    const reason = REASONS.includes(refusal.tag) ? (refusal.tag as StoppedReason) : "other";
    return new Stopped(reason, textOf(refusal));
}

/** A failure as the gateway takes it. */
export function failureTo({ text, allowRetry, errorType }: Failure): gateway.Failure {
    return { text: maybeWhole(text), allowRetry, errorType: maybeWhole(errorType) };
}

/** The failure of another bot. */
export function failureOf({ text, allowRetry, errorType }: gateway.Failure): Failure {
    return new Failure(text ?? null, { allowRetry, errorType: errorType ?? null });
}

/** Sends one event to the reader. */
export function say(event: Event): void {
    // Every value is looked at before it leaves: one of the wrong type would end the component.
    const send = sender(event);
    asked(send, (refusal) => (refusal.tag === "invalid" ? new TypeError(textOf(refusal)) : stoppedOf(refusal)));
}

function sender(event: Event): () => void {
    switch (event.type) {
        case "text":
            return texts(gateway.text, gateway.textAt, event);
        case "replace":
            return texts(gateway.replace, gateway.replaceAt, event);
        case "suggest":
            return calling(gateway.suggest, whole(event.text));
        case "data":
            return calling(gateway.data, whole(event.metadata));
        case "json":
            return calling(gateway.json, objectWritten(event.value));
        case "error":
            return calling(gateway.error, failureTo(event.failure));
        case "meta":
            return calling(gateway.meta, {
                contentType: maybeWhole(event.contentType),
                suggestedReplies: maybeFlag("suggestedReplies", event.suggestedReplies),
                linkify: maybeFlag("linkify", event.linkify),
                refetchSettings: maybeFlag("refetchSettings", event.refetchSettings),
            });
        case "file":
            return calling(gateway.file, {
                url: whole(event.url),
                contentType: whole(event.contentType),
                name: whole(event.name),
                inlineRef: maybeWhole(event.inlineRef),
            });
        case "other": {
            const [name, data] = [whole(event.name), objectWritten(event.value)];
            return () => gateway.event(name, data);
        }
        default:
            throw new TypeError(`an event is one of \`events\`, not ${shown(event)}`);
    }
}

function calling<T>(send: (value: T) => void, value: T): () => void {
    return () => send(value);
}

function texts(
    send: (text: string) => void,
    sendAt: (index: number, text: string) => void,
    { text, index }: { text: string; index: number | null },
): () => void {
    const [said, at] = [whole(text), indexChecked(index)];
    return at === null ? () => send(said) : () => sendAt(at, said);
}
