/**
 * The events of a reply: what a bot says, what another bot said, what a test heard.
 *
 * A `respond` that is a generator yields them, `Reply.say` says them, an `Answer` gives them. Which one it is
 * tells its `type`.
 *
 *     yield events.replace("Thinking…");
 *     for await (const event of poe.ask("GPT-4o")) {
 *         if (event.type === "text") reply.text(event.text.toUpperCase());
 *     }
 */

import type { Failure } from "./failure.js";
import { stringify, type Members } from "./json.js";

/** Appends text. Text may be cut into events anywhere, also inside a word. */
export interface TextEvent {
    type: "text";
    /** What is appended. */
    text: string;
    /** Which of several answers that are shown side by side; `null`: the only one. */
    index: number | null;
}

/** Puts text in the place of all text so far, or of all text of the answer with this index. */
export interface ReplaceEvent {
    type: "replace";
    /** What stands there then. */
    text: string;
    /** Which of several answers that are shown side by side; `null`: the only one. */
    index: number | null;
}

/** Offers something that the person may want to say next. */
export interface SuggestEvent {
    type: "suggest";
    /** What the person would say. */
    text: string;
}

/** How a reply is to be shown. What is left out or `null` has the platform's default. */
export interface Meta {
    /** `text/markdown` (the platform's default) or `text/plain`. */
    contentType?: string | null;
    /** Whether the platform may invent suggested replies. */
    suggestedReplies?: boolean | null;
    /** Whether URLs become links. Old; the platform may ignore it. */
    linkify?: boolean | null;
    /** Whether the platform should ask for the settings again. Old; it may ignore it. */
    refetchSettings?: boolean | null;
}

/** Says how the reply is to be shown. Counts only as the first event of a reply. */
export interface MetaEvent extends Required<Meta> {
    type: "meta";
}

/** A file that is on the web under its URL. */
export interface File {
    /** Where its bytes are. */
    url: string;
    /** Its media type. */
    contentType: string;
    /** Its name, as shown. */
    name: string;
    /** The label under which the text of the reply refers to it. */
    inlineRef?: string | null;
}

/** Attaches a file that is on the web under its URL. */
export interface FileEvent extends Required<File> {
    type: "file";
}

/** Attaches hidden text to the message that the reply becomes: `message.metadata` in later queries. */
export interface DataEvent {
    type: "data";
    /** The text. */
    metadata: string;
}

/** Sends a JSON object, used for tool calls in the shape of OpenAI's streaming chunks. */
export interface JsonEvent {
    type: "json";
    /** The object. */
    value: Members;
}

/** An event that has no type of its own: its name, and its JSON object. */
export interface OtherEvent {
    type: "other";
    /** The platform's name for it. */
    name: string;
    /** Its JSON object. */
    value: Members;
}

/** Ends the reply with an error. Only a bot says it and a test hears it: an `Answer` throws `PoeError` instead. */
export interface ErrorEvent {
    type: "error";
    /** What the person reads. */
    failure: Failure;
}

/** One event of a reply. */
export type Event =
    | TextEvent
    | ReplaceEvent
    | SuggestEvent
    | MetaEvent
    | FileEvent
    | DataEvent
    | JsonEvent
    | OtherEvent
    | ErrorEvent;

/** Which of several numbered answers an event belongs to. */
export interface Where {
    /** Its number. */
    index?: number | null;
}

/** Appends text. */
export function text(text: string, { index = null }: Where = {}): TextEvent {
    return { type: "text", text, index };
}

/** Puts text in the place of all text so far. */
export function replace(text: string, { index = null }: Where = {}): ReplaceEvent {
    return { type: "replace", text, index };
}

/** Offers something that the person may want to say next. */
export function suggest(text: string): SuggestEvent {
    return { type: "suggest", text };
}

/** Says how the reply is to be shown. */
export function meta(meta: Meta): MetaEvent {
    const { contentType = null, suggestedReplies = null, linkify = null, refetchSettings = null } = meta;
    return { type: "meta", contentType, suggestedReplies, linkify, refetchSettings };
}

/** Attaches a file that is on the web. */
export function file({ url, contentType, name, inlineRef = null }: File): FileEvent {
    return { type: "file", url, contentType, name, inlineRef };
}

/** Attaches hidden text to the message that the reply becomes. */
export function data(metadata: string): DataEvent {
    return { type: "data", metadata };
}

/** Sends a JSON object. */
export function json(value: Members): JsonEvent {
    return { type: "json", value };
}

/** An event that has no function of its own here. */
export function other(name: string, value: Members): OtherEvent {
    return { type: "other", name, value };
}

/** Ends the reply with an error. */
export function error(failure: Failure): ErrorEvent {
    return { type: "error", failure };
}

/** The platform's name for an event, and the JSON object that goes over the wire: `text {"text":"hi"}`. */
export function show(event: Event): string {
    return `${nameOf(event)} ${stringify(membersOf(event))}`;
}

const NAMES: Record<string, string> = { replace: "replace_response", suggest: "suggested_reply" };

/** The platform's name for an event. */
export function nameOf(event: Event): string {
    return event.type === "other" ? event.name : (NAMES[event.type] ?? event.type);
}

/** The members of an event's JSON object, as it goes over the wire. */
export function membersOf(event: Event): Members {
    switch (event.type) {
        case "text":
        case "replace":
            return present({ text: event.text, index: event.index });
        case "suggest":
            return { text: event.text };
        case "meta":
            return present({
                content_type: event.contentType,
                suggested_replies: event.suggestedReplies,
                linkify: event.linkify,
                refetch_settings: event.refetchSettings,
            });
        case "file":
            return present({
                url: event.url,
                content_type: event.contentType,
                name: event.name,
                inline_ref: event.inlineRef,
            });
        case "data":
            return { metadata: event.metadata };
        case "json":
        case "other":
            return event.value;
        case "error":
            return present({
                text: event.failure.text,
                allow_retry: event.failure.allowRetry,
                error_type: event.failure.errorType,
            });
    }
}

/** What shows an inline file in the text: `![name][label]`. Empty where it has no label. */
export function markdownOf(file: File): string {
    return file.inlineRef == null ? "" : `![${file.name}][${file.inlineRef}]`;
}

function present(members: Members): Members {
    return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));
}
