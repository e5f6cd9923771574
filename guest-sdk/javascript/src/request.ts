/**
 * The request as it was received, for what the classes of this package leave out.
 *
 * The platform adds fields every few months. They are in `raw` from the first day, whichever version of this package a
 * bot was built against. In native tests these functions answer what the test set; see `Scene` of `ravenry/testing`.
 */

import { backend } from "./backend.js";

/**
 * The body of the request: the text of a JSON object, as it was sent.
 *
 * Where the body was not strict JSON (trailing commas, comments, half a surrogate pair), this is the repaired text.
 * Where access keys appear in it, they are empty strings. Up to 16 MiB, copied on each call. `json.parse` reads it,
 * also with whole numbers beyond 2^53.
 */
export function raw(): string {
    return backend().raw();
}

/**
 * The value of a header of the HTTP request, or `null` where it was not sent.
 *
 * Names are compared without regard to case. Several headers of one name come as one value, joined with a comma and a
 * space. `Authorization`, `Cookie` and `Proxy-Authorization` are always `null`. Bytes that are not UTF-8 are replaced
 * by U+FFFD.
 */
export function header(name: string): string | null {
    return backend().header(name.toWellFormed());
}

/** All headers, in lower case and in the order received, without the three named at `header`. */
export function headers(): [name: string, value: string][] {
    return backend().headers();
}

/**
 * The reference of this request: the short number that the gateway's log, and the error that a person may read, have
 * for it. Worth quoting in a bot's own log.
 */
export function reference(): string {
    return backend().reference();
}
