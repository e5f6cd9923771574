/**
 * Texts as the gateway takes them: UTF-8.
 *
 * A string of JavaScript can hold half a surrogate pair, from a cut between two UTF-16 units. The gateway takes
 * none, so every text passes through here on its way out.
 */

/** Most characters of a value that an error repeats. */
const SHOWN_MAX = 200;

/** The same text; half of a surrogate pair becomes U+FFFD. `TypeError` where it is no text. */
export function whole(text: string): string {
    if (typeof text !== "string") throw new TypeError(`a text is a string, not ${shown(text)}`);
    return text.toWellFormed();
}

/** The same for a text that may be left out. */
export function maybeWhole(text: string | null | undefined): string | null {
    return text === null || text === undefined ? null : whole(text);
}

/** `true` or `false`, or left out. `TypeError` where it is something else. */
export function maybeFlag(name: string, value: boolean | null | undefined): boolean | null {
    if (value === null || value === undefined) return null;
    if (typeof value !== "boolean") throw new TypeError(`\`${name}\` is \`true\` or \`false\`, not ${shown(value)}`);
    return value;
}

/** A value as an error repeats it. */
export function shown(value: unknown): string {
    let text: string | undefined;
    try {
        text = typeof value === "object" && value !== null ? objectShown(value) : primitiveShown(value);
    } catch {
        text = Object.prototype.toString.call(value);
    }
    return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

function primitiveShown(value: unknown): string {
    if (typeof value === "string") return JSON.stringify(value);
    if (typeof value === "function") return `the function \`${value.name || "(anonymous)"}\``;
    return typeof value === "bigint" ? `${value}n` : String(value);
}

function objectShown(value: object): string {
    if (typeof (value as { then?: unknown }).then === "function") return "a promise (is an `await` missing?)";
    if (value instanceof Error) return String(value);
    return JSON.stringify(value) ?? String(value);
}

/** How many characters a text has, as the gateway counts them: a pair of surrogates is one. */
export function characterCount(text: string): number {
    let count = text.length;
    for (let at = 0; at < text.length - 1; at++) {
        const unit = text.charCodeAt(at);
        if (unit >= 0xd800 && unit < 0xdc00) {
            const next = text.charCodeAt(at + 1);
            if (next >= 0xdc00 && next < 0xe000) count--;
        }
    }
    return count;
}

/** How many bytes a text has in UTF-8. */
export function byteCount(text: string): number {
    let count = 0;
    for (let at = 0; at < text.length; at++) {
        const unit = text.charCodeAt(at);
        if (unit < 0x80) count += 1;
        else if (unit < 0x800) count += 2;
        // Half of a pair has two of its four bytes; alone it is U+FFFD, with three.
        else count += isHalfOfPair(text, at) ? 2 : 3;
    }
    return count;
}

function isHalfOfPair(text: string, at: number): boolean {
    const unit = text.charCodeAt(at) & 0xfc00;
    if (unit === 0xd800) return (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
    return unit === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
}

/** Compares texts by their bytes in UTF-8, which is by their characters. */
export function byBytes(one: string, other: string): number {
    const [first, second] = [Array.from(one), Array.from(other)];
    for (let at = 0; at < first.length && at < second.length; at++) {
        const difference = first[at]!.codePointAt(0)! - second[at]!.codePointAt(0)!;
        if (difference !== 0) return difference;
    }
    return first.length - second.length;
}
