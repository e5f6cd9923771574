/** `fetch`: the web, as far as the gateway lets a bot reach it. */

import type { AbortSignal } from "./abort.js";
import type { ByteSource } from "./body.js";
import { Exchange } from "./exchange.js";
import { Headers } from "./headers.js";
import { Request, type RequestInit } from "./request.js";
import { Response } from "./response.js";
import { HttpError } from "../failure.js";
import { begunAt } from "../trace.js";
import { located, targetOf } from "./target.js";

/** Redirections that are followed, as in browsers. */
const REDIRECTS_MAX = 20;

/** Headers that belong to a body, or to the host that they were given for. */
const OF_BODY = ["content-type", "content-length", "content-encoding", "content-language", "content-location"];
const OF_HOST = ["authorization", "cookie", "proxy-authorization"];

/** The global `fetch`. It is rejected with an `HttpError`, or with the reason of the signal. */
export async function fetch(input: Request | { toString(): string }, init: RequestInit = {}): Promise<Response> {
    const beginning = new Error();
    try {
        return await followed(new Request(input, init), beginning);
    } catch (error) {
        throw begunAt(error, beginning);
    }
}

/** The answer to a request, after redirections. */
async function followed(request: Request, beginning: Error): Promise<Response> {
    let { url, method } = request;
    const headers = new Headers(request.headers);
    // Without it the body goes in chunks, which not every host takes.
    const isFramed = headers.has("content-length") || headers.has("transfer-encoding");
    if (request.length !== null && !isFramed) headers.set("content-length", String(request.length));
    const mayRedirect = request.redirect !== "manual";
    // A body that is to be sent again must be there as a whole; one that streams is sent once.
    let body: AsyncIterable<Uint8Array> | null = request.hasBody ? request.pieces() : null;
    for (let redirects = 0; ; redirects++) {
        const response = await exchanged(url, method, headers, body, request.signal);
        const location = response.headers.get("location");
        const isRedirect = [301, 302, 303, 307, 308].includes(response.status) && location !== null;
        if (!isRedirect || !mayRedirect) return responseOf(response, url, redirects > 0, beginning);
        response.source.cancel();
        if (request.redirect === "error") throw new HttpError("broken", `${url} redirects to ${location}`);
        if (redirects === REDIRECTS_MAX) throw new HttpError("broken", `${url} redirects too often`);
        if (response.status === 303 || (response.status < 303 && method === "POST")) {
            if (method !== "HEAD") method = "GET";
            body = null;
            for (const name of OF_BODY) headers.delete(name);
        } else if (body !== null) {
            throw new HttpError("broken", `${url} redirects to ${location}, and the body was sent already`);
        }
        const next = located(location, url);
        if (targetOf(next).origin !== targetOf(url).origin) for (const name of OF_HOST) headers.delete(name);
        url = next;
    }
}

/** The head of an answer, and where its body comes from. */
interface Answered {
    status: number;
    headers: Headers;
    source: ByteSource;
}

function responseOf(
    { status, headers, source }: Answered,
    url: string,
    redirected: boolean,
    beginning: Error,
): Response {
    const isEmpty = [204, 205, 304].includes(status);
    const pull = (): Promise<Uint8Array | null> =>
        source.pull().catch((error: unknown) => {
            throw begunAt(error, beginning);
        });
    return new Response(isEmpty ? null : { pull, cancel: source.cancel }, { status, headers }, { url, redirected });
}

/** One request and its answer. The signal ends either at any time. */
async function exchanged(
    url: string,
    method: string,
    headers: Headers,
    body: AsyncIterable<Uint8Array> | null,
    signal: AbortSignal,
): Promise<Answered> {
    signal.throwIfAborted();
    const exchange = new Exchange(method, targetOf(url), headers, body !== null);
    const abort = Promise.withResolvers<never>();
    abort.promise.catch(() => undefined);
    signal.addEventListener("abort", () => {
        exchange.close();
        abort.reject(signal.reason);
    });
    const orAborted = <T>(promise: Promise<T>): Promise<T> => Promise.race([promise, abort.promise]);
    const head = exchange.head();
    // Where a host reads no further, its answer tells why. What gives the body is the author's.
    const sent = exchange.send(body).catch((error: unknown) => {
        if (!(error instanceof HttpError)) abort.reject(error);
    });
    try {
        const [status, pairs] = await orAborted(Promise.race([head, sent.then(() => head)]));
        const source = { pull: () => orAborted(exchange.read()), cancel: () => exchange.close() };
        return { status, headers: new Headers(pairs), source };
    } catch (error) {
        exchange.close();
        throw error;
    }
}
