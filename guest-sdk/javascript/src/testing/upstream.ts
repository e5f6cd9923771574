/** The web as a test writes it. */

import { HttpError } from "../failure.js";
import type { Clock } from "./clock.js";

/** One step of an answer: milliseconds to pass, bytes to arrive, or how it breaks off. */
type Step = number | Uint8Array | HttpError;

/** A request as it was sent to the web of a test. */
export class PlayedRequest {
    constructor(
        /** The method, in capitals. */
        readonly method: string,
        /** The URL, with its query. */
        readonly url: string,
        /** Its headers. */
        readonly headers: Headers,
        /** What was sent along. */
        readonly body: Uint8Array,
    ) {}

    /** The body as a text. */
    text(): string {
        return new TextDecoder().decode(this.body);
    }

    /** The body, read as JSON. */
    json(): any {
        return JSON.parse(this.text()) as unknown;
    }
}

/**
 * What a host of the web answers in a test, step by step.
 *
 *     const slow = new Upstream(200).wait(3000).body("at last");
 *     const broken = new Upstream(200).body("half an ans").breaks(new HttpError("broken", "reset"));
 *     const model = Upstream.events(['{"text": "hi"}', "[DONE]"]);
 *
 * Each function gives a new one, so that an answer can be used many times.
 */
export class Upstream {
    constructor(
        /** The status; 0 for a host that cannot be reached. */
        readonly status = 200,
        /** Names and values of headers. */
        readonly headers: readonly (readonly [string, string])[] = [],
        /** What comes, and when. */
        readonly steps: readonly Step[] = [],
    ) {}

    /** A JSON value. */
    static json(value: unknown, status = 200): Upstream {
        return new Upstream(status).header("content-type", "application/json").body(JSON.stringify(value));
    }

    /** A text. */
    static text(text: string, status = 200): Upstream {
        return new Upstream(status).header("content-type", "text/plain; charset=utf-8").body(text);
    }

    /** Server-sent events with status 200: the data of each, one chunk per event. */
    static events(data: Iterable<string>): Upstream {
        let answer = new Upstream(200).header("content-type", "text/event-stream");
        for (const one of data) answer = answer.body(`data: ${one.replaceAll("\n", "\ndata: ")}\n\n`);
        return answer;
    }

    /** A host that cannot be reached: the request itself fails. */
    static unreachable(error: HttpError): Upstream {
        return new Upstream(0).breaks(error);
    }

    /** Adds a header. */
    header(name: string, value: string): Upstream {
        return new Upstream(this.status, [...this.headers, [name, value]], this.steps);
    }

    /** Adds a part of the body, which arrives as a chunk of its own. */
    body(part: Uint8Array | string): Upstream {
        return this.#with(typeof part === "string" ? new TextEncoder().encode(part) : part);
    }

    /** Pauses, on the clock of the scene. Before the first part of the body, the head waits too. */
    wait(milliseconds: number): Upstream {
        return this.#with(milliseconds);
    }

    /** Breaks off. */
    breaks(error: HttpError): Upstream {
        return this.#with(error);
    }

    #with(step: Step): Upstream {
        return new Upstream(this.status, this.headers, [...this.steps, step]);
    }
}

/** What an upstream answers to a request. */
export type Upstreaming = (request: PlayedRequest) => Upstream;

/**
 * The web of a scene: answers by the beginnings of URLs.
 *
 * The longest beginning wins, and of two that are the same the one that was added last. Where there is none, the
 * request is denied.
 */
export class PlayedWeb {
    /** What was sent, in order, refused requests and all. */
    readonly requests: PlayedRequest[] = [];
    readonly #clock: Clock;
    readonly #upstreams: ReadonlyMap<string, Upstreaming>;

    constructor(clock: Clock, upstreams: ReadonlyMap<string, Upstreaming>) {
        this.#clock = clock;
        this.#upstreams = upstreams;
    }

    /** `fetch`, as the bot has it. */
    readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
        const request = requestOf(input, init);
        request.signal.throwIfAborted();
        const sent = new PlayedRequest(
            request.method,
            request.url,
            request.headers,
            new Uint8Array(await request.arrayBuffer()),
        );
        this.requests.push(sent);
        const fitting = [...this.#upstreams.keys()].filter((start) => request.url.startsWith(start));
        if (fitting.length === 0) throw HttpError.denied(new URL(request.url).origin);
        const longest = fitting.reduce((one, other) => (other.length > one.length ? other : one));
        return this.#answer(this.#upstreams.get(longest)!(sent), request);
    };

    async #answer(upstream: Upstream, { signal, url }: Request): Promise<Response> {
        const aborted = new Promise<never>((_, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason as Error));
        });
        aborted.catch(() => undefined);
        const steps = [...upstream.steps];
        const pass = async (): Promise<void> => {
            for (; typeof steps[0] === "number"; steps.shift()) {
                await Promise.race([this.#clock.until(this.#clock.now + steps[0]), aborted]);
            }
            signal.throwIfAborted();
        };
        await pass();
        const [first] = steps;
        if (upstream.status === 0)
            throw first instanceof HttpError ? first : new HttpError("broken", "the host cannot be reached");
        const body = new ReadableStream<Uint8Array>(
            {
                async pull(controller) {
                    await pass();
                    const step = steps.shift();
                    if (step instanceof HttpError) throw step;
                    if (step === undefined) controller.close();
                    else controller.enqueue(step as Uint8Array);
                },
            },
            { highWaterMark: 0 },
        );
        const isEmpty = [204, 205, 304].includes(upstream.status);
        const headers = upstream.headers.map(([name, value]): [string, string] => [name, value]);
        const response = new Response(isEmpty ? null : body, { status: upstream.status, headers });
        Object.defineProperty(response, "url", { value: url });
        return response;
    }
}

function requestOf(input: RequestInfo | URL, init?: RequestInit): Request {
    try {
        // What browsers ask for where a body streams, and no component does.
        return new Request(
            input,
            init?.body instanceof ReadableStream ? ({ ...init, duplex: "half" } as RequestInit) : init,
        );
    } catch (error) {
        throw error instanceof TypeError && /URL/.test(error.message)
            ? new HttpError("invalid", `the URL makes no sense: ${error.message}`)
            : error;
    }
}
