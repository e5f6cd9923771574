/**
 * What goes with `fetch`: errors that end a reply well, and streams of events.
 *
 *     const response = await http.checked(await fetch(url, { method: "POST", headers, body }));
 *     for await (const event of http.events(response)) {
 *         if (event.data === "[DONE]") break;
 *         reply.text(JSON.parse(event.data).text);
 *     }
 *
 * `fetch` reaches the hosts that the manifest names in `allowed_outbound_hosts`. Secrets of the manifest are
 * placeholders in `env`: the gateway puts the key in their place, on its way to the host that it is for.
 */

import { createParser } from "eventsource-parser";
import { HttpError } from "./failure.js";
import { begunAt } from "./trace.js";

export { HttpError, type HttpErrorKind } from "./failure.js";

/** Characters of an answer that an error has. */
const BODY_MAX = 4_096;

/** One server-sent event. */
export interface ServerEvent {
    /** Its name; `message` where it has none. */
    event: string;
    /** What it says. */
    data: string;
    /** Its identifier; empty where it has none. */
    id: string;
}

/** The same response, if its status is 200 to 299; `HttpError` (`status`) with what the host wrote otherwise. */
export async function checked(response: Response): Promise<Response> {
    if (response.ok) return response;
    const beginning = new Error();
    const body = await response.text().catch(() => "");
    const seconds = Number(response.headers.get("retry-after") ?? NaN);
    const error = new HttpError("status", "", {
        status: response.status,
        body: body.slice(0, BODY_MAX),
        retryAfterSeconds: Number.isSafeInteger(seconds) && seconds >= 0 ? seconds : null,
    });
    throw begunAt(error, beginning);
}

/**
 * The server-sent events of a response, each as it comes. Leaving the loop hangs up.
 *
 * Throws `HttpError` where the answer breaks off. An event that is not ended by an empty line is none.
 */
export async function* events(response: Response): AsyncGenerator<ServerEvent, undefined> {
    const found: ServerEvent[] = [];
    const parser = createParser({
        onEvent: ({ event = "message", data, id = "" }) => void found.push({ event, data, id }),
    });
    const decoder = new TextDecoder();
    for await (const piece of piecesOf(response)) {
        parser.feed(decoder.decode(piece, { stream: true }));
        yield* found.splice(0);
    }
    return undefined;
}

/** The bytes of a response as they come: without a stream in between, where the response is one of this package. */
function piecesOf(response: Response & { pieces?(): AsyncIterable<Uint8Array> }): AsyncIterable<Uint8Array> {
    return response.pieces?.() ?? streamed(response);
}

async function* streamed(response: Response): AsyncGenerator<Uint8Array, undefined> {
    if (response.body === null) return undefined;
    const reader = response.body.getReader();
    try {
        for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
    } finally {
        // Of no use where the answer is over, and no error there.
        await reader.cancel().catch(() => undefined);
    }
    return undefined;
}
