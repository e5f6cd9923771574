/** One request through `wasi:http`, and its answer. */

import * as outgoing from "xasi:http/outgoing-handler@0.2.11";
import * as http from "xasi:http/types@0.2.11";
import { Handles } from "../component/handles.js";
import { bytes, refusalOf, type Variant } from "../component/refusal.js";
import { HttpError } from "../failure.js";
import type { Headers } from "./headers.js";
import type { Target } from "./target.js";
import { bytesOf, textOf } from "../utf8.js";

/** Bytes that are read at once. */
const READ_BYTES = 64 * 1024;

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

const TIMEOUTS = [
    "DNS-timeout",
    "connection-timeout",
    "connection-read-timeout",
    "connection-write-timeout",
    "HTTP-response-timeout",
];

const MISTAKES = ["HTTP-request-URI-invalid", "HTTP-request-method-invalid"];

/** One request under way. Everything throws `HttpError`. */
export class Exchange {
    readonly #handles = new Handles();
    readonly #origin: string;
    readonly #future: http.FutureIncomingResponse;
    #outgoing: http.OutgoingBody;
    #incoming: http.IncomingBody | null = null;
    #stream: http.InputStream | null = null;
    #trailers: http.FutureTrailers | null = null;
    #isClosed = false;

    constructor(method: string, target: Target, headers: Headers, hasBody: boolean) {
        this.#origin = target.origin;
        const handles = this.#handles;
        try {
            const request = handles.keep(new http.OutgoingRequest(this.#fields(headers)));
            this.#asked(() => {
                request.setMethod(
                    METHODS.includes(method) ? { tag: method.toLowerCase() } : { tag: "other", val: method },
                );
                request.setScheme({ tag: target.scheme.toUpperCase() });
                request.setAuthority(target.authority);
                request.setPathWithQuery(target.path);
            }, "the method or the URL is malformed");
            // The request came first, and is handed on first.
            this.#outgoing = handles.keep(this.#asked(() => request.body(), "the gateway refused a body"));
            handles.give(request);
            this.#future = handles.keep(this.#coded(() => outgoing.handle(request, null)));
            if (!hasBody) this.#finish();
        } catch (error) {
            handles.close();
            throw error;
        }
    }

    #fields(headers: Headers): http.Fields {
        const pairs = [...headers].map(([name, value]): [string, Uint8Array] => [name, bytesOf(value)]);
        const names = pairs.map(([name]) => name).join(", ");
        return this.#asked(() => http.Fields.fromList(pairs), `one of the headers ${names} cannot be sent`);
    }

    /** Sends the body, if there is one. */
    async send(body: AsyncIterable<Uint8Array> | null): Promise<void> {
        if (body === null) return;
        const stream = this.#handles.keep(this.#asked(() => this.#outgoing.write(), "the gateway refused the body"));
        for await (const piece of body) await this.#write(stream, piece);
        if (this.#isClosed) return;
        this.#streamed(() => stream.flush());
        this.#handles.drop(stream);
        this.#finish();
    }

    async #write(stream: http.OutputStream, piece: Uint8Array): Promise<void> {
        for (let at = 0; at < piece.length && !this.#isClosed; ) {
            const room = Number(this.#streamed(() => stream.checkWrite()));
            if (room === 0) {
                await this.#handles.until(stream);
                continue;
            }
            this.#streamed(() => stream.write(piece.subarray(at, at + room)));
            at += room;
        }
    }

    #finish(): void {
        const body = this.#handles.give(this.#outgoing);
        this.#coded(() => http.OutgoingBody.finish(body, null));
    }

    /** Status and headers of the answer. */
    async head(): Promise<[status: number, headers: [string, string][]]> {
        let result = this.#future.get();
        while (result == null) {
            await this.#handles.until(this.#future);
            result = this.#future.get();
        }
        const outer = partsOf(result);
        if (outer.tag === "err") throw this.#closed();
        const inner = partsOf(outer.val);
        if (inner.tag === "err") throw this.#errorOf(variantOf(inner.val));
        const response = this.#handles.keep(inner.val as http.IncomingResponse);
        const fields = response.headers();
        const pairs = fields.entries().map(([name, value]): [string, string] => [name, latinOr(bytes(value))]);
        fields[Symbol.dispose]();
        this.#incoming = this.#handles.keep(this.#asked(() => response.consume(), "the gateway refused the body"));
        this.#stream = this.#handles.keep(this.#asked(() => this.#incoming!.stream(), "the gateway refused the body"));
        const status = response.status();
        this.#handles.drop(response);
        return [status, pairs];
    }

    /** The next bytes of the answer; `null` at the end. */
    async read(): Promise<Uint8Array | null> {
        while (this.#stream !== null) {
            let found: Uint8Array | number[];
            try {
                found = this.#stream.read(READ_BYTES);
            } catch (error) {
                this.#over(refusalOf(error));
                break;
            }
            if (found.length > 0) return bytes(found);
            await this.#handles.until(this.#stream);
        }
        return this.#end();
    }

    /** The stream has ended, or failed. */
    #over(refusal: Variant): void {
        const stream = this.#stream!;
        this.#stream = null;
        if (refusal.tag !== "closed") throw this.#streamErrorOf(refusal);
        this.#handles.drop(stream);
        this.#trailers = this.#handles.keep(http.IncomingBody.finish(this.#handles.give(this.#incoming!)));
    }

    /** A body that broke off ends like a whole one; only its trailers tell. */
    async #end(): Promise<null> {
        while (this.#trailers !== null) {
            const result = this.#trailers.get();
            if (result == null) {
                await this.#handles.until(this.#trailers);
                continue;
            }
            this.#trailers = null;
            const outer = partsOf(result);
            const inner = outer.tag === "ok" ? partsOf(outer.val) : null;
            this.close();
            if (inner?.tag === "err") throw this.#errorOf(variantOf(inner.val));
        }
        return null;
    }

    /** Hangs up: pollables, then the stream, then the body. May be called twice. */
    close(): void {
        this.#isClosed = true;
        this.#stream = this.#trailers = null;
        this.#handles.close();
    }

    #asked<T>(call: () => T, otherwise: string): T {
        try {
            return call();
        } catch (error) {
            if (error instanceof HttpError) throw error;
            throw new HttpError("invalid", `the request to ${this.#origin}: ${otherwise}`);
        }
    }

    #coded<T>(call: () => T): T {
        try {
            return call();
        } catch (error) {
            throw this.#errorOf(refusalOf(error));
        }
    }

    #streamed<T>(call: () => T): T {
        try {
            return call();
        } catch (error) {
            throw this.#streamErrorOf(refusalOf(error));
        }
    }

    #closed(): HttpError {
        return new HttpError("broken", `${this.#origin}: the answer was taken already`);
    }

    /** What an error of `wasi:http` means for a bot's author. */
    #errorOf({ tag, val }: Variant): HttpError {
        if (tag === "HTTP-request-denied") return HttpError.denied(this.#origin);
        const said = val === undefined || val === null ? tag : `${tag} (${JSON.stringify(val)})`;
        if (TIMEOUTS.includes(tag)) return new HttpError("timeout", `${this.#origin} took too long: ${said}`);
        if (MISTAKES.includes(tag)) return new HttpError("invalid", `the request to ${this.#origin}: ${said}`);
        return new HttpError("broken", `${this.#origin}: ${said}`);
    }

    #streamErrorOf({ tag, val }: Variant): HttpError {
        if (tag === "closed") return new HttpError("broken", `${this.#origin}: the host reads no further`);
        const error = val as http.IoError;
        const code = http.httpErrorCode(error);
        // One that comes between two bytes has no code.
        const said = error.toDebugString();
        error[Symbol.dispose]();
        this.close();
        if (code != null) return this.#errorOf(variantOf(code));
        if (said.includes("timeout")) return new HttpError("timeout", `${this.#origin} took too long: ${said}`);
        return new HttpError("broken", `${this.#origin}: ${said}`);
    }
}

/** A result within a result, as the engine has it. */
function partsOf(result: unknown): { tag: string; val?: unknown } {
    return result as { tag: string; val?: unknown };
}

function variantOf(given: unknown): Variant {
    return typeof given === "string" ? { tag: given } : (given as Variant);
}

/** A header's value: UTF-8, or each byte a character. */
function latinOr(bytes: Uint8Array): string {
    return textOf(bytes) ?? String.fromCharCode(...bytes);
}
