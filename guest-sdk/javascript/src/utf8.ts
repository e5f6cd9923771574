/** UTF-8 by what the engine does in native code. */

/** Characters that one call is given as arguments. */
const PIECE = 8_192;

/** The bytes of a text. Half of a surrogate pair is U+FFFD. */
export function bytesOf(text: string): Uint8Array {
    const plain = /^[\0-\x7f]*$/.test(text) ? text : unescape(encodeURIComponent(text.toWellFormed()));
    const bytes = new Uint8Array(plain.length);
    for (let at = 0; at < plain.length; at++) bytes[at] = plain.charCodeAt(at);
    return bytes;
}

/** The text that bytes are; `null` where they are not UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
    let plain = "";
    for (let at = 0; at < bytes.length; at += PIECE) plain += String.fromCharCode(...bytes.subarray(at, at + PIECE));
    if (/^[\0-\x7f]*$/.test(plain)) return plain;
    try {
        return decodeURIComponent(escape(plain));
    } catch {
        return null;
    }
}
