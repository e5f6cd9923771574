/**
 * JSON as the gateway takes it, and whole numbers that JavaScript's numbers have no room for.
 *
 *     const order = json.parse('{"id": 12345678901234567890}', { bigints: true });
 *     order.id                     // 12345678901234567890n
 *     json.stringify(order)        // {"id":12345678901234567890}
 */

/** A JSON object. */
export type Members = Record<string, unknown>;

/** Whole numbers that JSON may hold on the wire; others become text, so that they keep their value. */
const WHOLE_MIN = -(2n ** 63n);
const WHOLE_MAX = 2n ** 64n - 1n;

/** Stands before the digits of a `BigInt` until the text is whole. No text of JSON has such a character in it. */
const MARK = "\u{f8ff}ravenry bigint ";

/**
 * The JSON text of a value.
 *
 * What JSON cannot hold (not a number, infinite) is `null`, as ever. A `BigInt` is written as a number where it
 * has at most 64 bits, and otherwise as text. Half of a surrogate pair becomes U+FFFD. `TypeError` where the
 * value is no JSON at all (`undefined`, a function), or holds itself.
 */
export function stringify(value: unknown): string {
    let hasBigInts = false;
    const text = JSON.stringify(value, (_, member: unknown) => {
        if (typeof member !== "bigint") return member;
        if (member < WHOLE_MIN || member > WHOLE_MAX) return String(member);
        hasBigInts = true;
        return MARK + String(member);
    }) as string | undefined;
    if (text === undefined) throw new TypeError(`${typeof value} is no JSON`);
    const written = hasBigInts ? text.replace(new RegExp(`"${MARK}(-?\\d+)"`, "g"), "$1") : text;
    return written.includes("\\ud") ? withoutHalves(written) : written;
}

/** `JSON.stringify` writes half a pair as `\ud83d`; a backslash before it is one of the text. */
function withoutHalves(text: string): string {
    return text.replace(/\\(?:\\|ud[89a-f][0-9a-f]{2})/g, (found) => (found === "\\\\" ? found : "\ufffd"));
}

/** How to read JSON. */
export interface ParseOptions {
    /** Whole numbers beyond 2^53 become a `BigInt`, instead of the nearest number there is. */
    bigints?: boolean;
}

/** The value of a JSON text. `SyntaxError` where it is none. */
export function parse(text: string, { bigints = false }: ParseOptions = {}): unknown {
    if (!bigints) return JSON.parse(text);
    // A text of the document is passed over whole, so that digits in it stay what they are.
    const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
        /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${MARK}${token}"` : token,
    );
    if (marked === text) return JSON.parse(text);
    return JSON.parse(marked, (_, value: unknown) =>
        typeof value === "string" && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
    );
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Members {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The value of a JSON text; `null` where there is none, or where it is no JSON.
 *
 * The gateway has checked every JSON text before it gets here. A bot should not fail over a field that it may
 * never read.
 */
export function maybeParse(text: string | null | undefined): unknown {
    if (text === null || text === undefined) return null;
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}

/** The members of a JSON object; none where the text is no object. */
export function objectOf(text: string): Members {
    if (text === "{}") return {};
    const value = maybeParse(text);
    return isObject(value) ? value : {};
}

/** What a JSON value is, in words. */
export function kindOf(value: unknown): string {
    if (value === null || value === undefined) return "null";
    if (Array.isArray(value)) return "an array";
    const words: Record<string, string> = {
        boolean: "a boolean",
        number: "a number",
        bigint: "a number",
        string: "a string",
    };
    return words[typeof value] ?? "an object";
}
