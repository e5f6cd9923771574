/** `Request`. */

import { AbortController, type AbortSignal } from "./abort.js";
import { Body, type BodyInit } from "./body.js";
import { Headers } from "./headers.js";

/** How a request is made. What browsers have besides (`mode`, `credentials`, …) has no meaning here. */
export interface RequestInit {
    method?: string;
    headers?: ConstructorParameters<typeof Headers>[0];
    body?: BodyInit;
    signal?: AbortSignal | null;
    redirect?: "follow" | "error" | "manual";
}

/** Methods that are written in capitals whatever an author writes. */
const USUAL = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];

/** The global `Request`. */
export class Request extends Body {
    readonly url: string;
    readonly method: string;
    readonly headers: Headers;
    readonly signal: AbortSignal;
    readonly redirect: "follow" | "error" | "manual";

    constructor(input: Request | { toString(): string }, init: RequestInit = {}) {
        const from = input instanceof Request ? input : null;
        super(init.body ?? (from === null ? null : Request.bodyOf(from)));
        const method = String(init.method ?? from?.method ?? "GET");
        this.url = from?.url ?? String(input);
        this.method = USUAL.includes(method.toUpperCase()) ? method.toUpperCase() : method;
        this.headers = new Headers(init.headers ?? from?.headers);
        this.signal = init.signal ?? from?.signal ?? new AbortController().signal;
        this.redirect = init.redirect ?? from?.redirect ?? "follow";
        if (["GET", "HEAD"].includes(this.method) && init.body !== null && init.body !== undefined) {
            throw new TypeError(`a request with the method ${this.method} has no body`);
        }
        if (this.bodyType !== null && !this.headers.has("content-type"))
            this.headers.set("content-type", this.bodyType);
    }

    clone(): Request {
        return new Request(this);
    }

    /** The body of another request, which can still be read itself. */
    static bodyOf(request: Request): BodyInit {
        return request.split()[1] as BodyInit;
    }
}
