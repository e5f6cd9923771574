/**
 * Globals that QuickJS lacks, by their names. The bundler puts them in the place of what a bot, or a package, names so,
 * and leaves out what nobody names.
 *
 * One file, so that modules are loaded in the order in which they need each other: the bundler has every module import
 * it.
 */

// First of all: packages may keep the `Promise` that they find.
import "./quickjs.js";

import structuredCloneOf from "@ungap/structured-clone";
import PureURL from "core-js-pure/actual/url";
import PureURLSearchParams from "core-js-pure/actual/url-search-params";

export { AbortController, AbortSignal } from "./abort.js";
export { TextDecoder, TextEncoder } from "./encoding.js";
export { Event, EventTarget } from "./event_target.js";
export { fetch } from "./fetch.js";
export { Headers } from "./headers.js";
export { Request } from "./request.js";
export { Response } from "./response.js";
export {
    ByteLengthQueuingStrategy,
    CountQueuingStrategy,
    ReadableStream,
    TransformStream,
    WritableStream,
} from "./streams.js";
export { env as "process.env" } from "../env.js";

/** The global `structuredClone`. What cannot be cloned (a function, a symbol) is a `TypeError`. */
export function structuredClone<T>(value: T): T {
    // Without options the package hands on to the global function, which is this one.
    return structuredCloneOf(value, { lossy: false }) as T;
}

export { PureURL as URL, PureURLSearchParams as URLSearchParams };
