/** `Response`. */

import { Body, type BodyInit, type ByteSource } from "./body.js";
import { Headers } from "./headers.js";

/** How a response is made. */
export interface ResponseInit {
    status?: number;
    statusText?: string;
    headers?: ConstructorParameters<typeof Headers>[0];
}

/** The global `Response`. */
export class Response extends Body {
    readonly status: number;
    readonly statusText: string;
    readonly headers: Headers;
    readonly type = "default";
    /** Where the body came from, after redirections; empty where it was made. */
    readonly url: string;
    readonly redirected: boolean;

    constructor(
        body: BodyInit | ByteSource = null,
        init: ResponseInit = {},
        from: { url: string; redirected: boolean } | null = null,
    ) {
        super(body);
        this.status = init.status ?? 200;
        if (!Number.isInteger(this.status) || this.status < 200 || this.status > 599) {
            throw new RangeError(`a status is a number from 200 to 599, not ${this.status}`);
        }
        this.statusText = init.statusText ?? "";
        this.headers = new Headers(init.headers);
        this.url = from?.url ?? "";
        this.redirected = from?.redirected ?? false;
        if (this.bodyType !== null && !this.headers.has("content-type"))
            this.headers.set("content-type", this.bodyType);
    }

    get ok(): boolean {
        return this.status >= 200 && this.status < 300;
    }

    clone(): Response {
        const [, other] = this.split();
        const { status, statusText, headers, url, redirected } = this;
        return new Response(other, { status, statusText, headers }, { url, redirected });
    }

    static json(value: unknown, init: ResponseInit = {}): Response {
        const headers = new Headers(init.headers);
        if (!headers.has("content-type")) headers.set("content-type", "application/json");
        return new Response(JSON.stringify(value), { ...init, headers });
    }
}
