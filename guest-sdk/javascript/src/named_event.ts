/** Events by their name on the wire, checked as the gateway checks them. */

import * as events from "./events.js";
import type { Event } from "./events.js";
import { Failure } from "./failure.js";
import { isObject, kindOf, objectOf, parse, stringify, type Members } from "./json.js";
import { byteCount, shown } from "./text.js";

/** Longest JSON object of one event, in bytes. */
const OBJECT_BYTES_MAX = 256 * 1024;

/** Longest name of an event. */
const NAME_MAX = 64;

/** Names that only the gateway may use. */
const RESERVED = ["done", "ping"];

/** Numbers that an index may have: 32 bits. */
export const INDEX_MAX = 2 ** 32 - 1;

/** The event that another bot said; one that makes no sense stays as it was said. */
export function tolerant(name: string, data: string): Event {
    const members = objectOf(data);
    try {
        return known(name, members);
    } catch {
        return events.other(name, members);
    }
}

/** The event that a bot says by its name; `TypeError` where it makes no sense. */
export function checked(name: string, value: unknown): Event {
    checkName(name);
    return known(name, objectChecked(value));
}

/** The members of a JSON object that may be sent, as they arrive. */
export function objectChecked(value: unknown): Members {
    return parse(objectWritten(value), { bigints: true }) as Members;
}

/** The JSON text of an object that may be sent. */
export function objectWritten(value: unknown): string {
    if (!isObject(value)) throw new TypeError(`the data should be a JSON object, but is ${kindOf(value)}`);
    const text = stringify(value);
    // No character has more than three bytes for each unit of a string.
    const size = text.length * 3 <= OBJECT_BYTES_MAX ? 0 : byteCount(text);
    if (size > OBJECT_BYTES_MAX) {
        throw new TypeError(`the data has ${size} bytes, and ${OBJECT_BYTES_MAX} are the most`);
    }
    return text;
}

/** The index, if it is one. */
export function indexChecked(index: number | null | undefined): number | null {
    if (index === null || index === undefined) return null;
    if (!Number.isInteger(index) || index < 0 || index > INDEX_MAX) {
        throw new TypeError(`\`index\` should be a number from 0 to ${INDEX_MAX}, but is ${shown(index)}`);
    }
    return index;
}

/** The content type of a `meta` event, if it is one of the two. */
export function contentTypeChecked(contentType: string | null): string | null {
    if (contentType !== null && contentType !== "text/markdown" && contentType !== "text/plain") {
        throw new TypeError(
            `the content type should be \`text/markdown\` or \`text/plain\`, but is \`${contentType.slice(0, 40)}\``,
        );
    }
    return contentType;
}

function checkName(name: string): void {
    if (RESERVED.includes(name)) throw new TypeError(`the event \`${name}\` belongs to the gateway`);
    const size = byteCount(name);
    if (size < 1 || size > NAME_MAX) {
        throw new TypeError(`the name of an event has 1 to ${NAME_MAX} characters, this one has ${size} bytes`);
    }
    if (!/^[a-z0-9_]+$/.test(name)) {
        throw new TypeError(
            `the name of an event consists of \`a\` to \`z\`, \`0\` to \`9\` and \`_\`, unlike \`${name.slice(0, 40)}\``,
        );
    }
}

/**
 * The event that has a type of its own, else an `other`.
 *
 * Members that the type does not have are left out, as the platform would ignore them. An `error` that does not
 * say whether a retry may help allows one, as the platform reads it.
 */
function known(name: string, members: Members): Event {
    switch (name) {
        case "text":
            return events.text(text(members, "text"), { index: index(members) });
        case "replace_response":
            return events.replace(text(members, "text"), { index: index(members) });
        case "suggested_reply":
            return events.suggest(text(members, "text"));
        case "data":
            return events.data(text(members, "metadata"));
        case "meta":
            return events.meta({
                contentType: contentTypeChecked(maybeText(members, "content_type")),
                suggestedReplies: flag(members, "suggested_replies"),
                linkify: flag(members, "linkify"),
                refetchSettings: flag(members, "refetch_settings"),
            });
        case "file":
            return events.file({
                url: text(members, "url"),
                contentType: text(members, "content_type"),
                name: text(members, "name"),
                inlineRef: maybeText(members, "inline_ref"),
            });
        case "json":
            return events.json(members);
        case "error":
            return events.error(
                new Failure(maybeText(members, "text"), {
                    allowRetry: flag(members, "allow_retry") !== false,
                    errorType: maybeText(members, "error_type"),
                }),
            );
        default:
            return events.other(name, members);
    }
}

function maybeText(members: Members, name: string): string | null {
    const value = members[name];
    if (value === null || value === undefined) return null;
    if (typeof value === "string") return value;
    throw new TypeError(`\`${name}\` should be a string, but is ${kindOf(value)}`);
}

function text(members: Members, name: string): string {
    const value = maybeText(members, name);
    if (value === null) throw new TypeError(`\`${name}\` should be a string, but is missing`);
    return value;
}

function flag(members: Members, name: string): boolean | null {
    const value = members[name];
    if (value === null || value === undefined) return null;
    if (typeof value === "boolean") return value;
    throw new TypeError(`\`${name}\` should be a boolean, but is ${kindOf(value)}`);
}

function index(members: Members): number | null {
    const value = members["index"];
    if (value !== null && value !== undefined && typeof value !== "number") {
        throw new TypeError(`\`index\` should be a number, but is ${kindOf(value)}`);
    }
    return indexChecked(value);
}
