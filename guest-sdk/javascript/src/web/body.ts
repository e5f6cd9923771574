/** Bodies of requests and responses. */

import { TextDecoder } from "./encoding.js";
import { ReadableStream } from "./streams.js";
import { bytesOf } from "../utf8.js";

/** Where bytes come from, piece by piece. */
export interface ByteSource {
    /** The next bytes; `null` at the end. */
    pull(): Promise<Uint8Array | null>;
    /** Wants no more. */
    cancel(): void;
}

/** What may be given as a body. */
export type BodyInit =
    | string
    | ArrayBuffer
    | ArrayBufferView
    | ReadableStream
    | { toString(): string }
    | null
    | undefined;

/** A body that can be read once. */
export class Body {
    #bytes: Uint8Array | null = null;
    #source: ByteSource | null = null;
    #stream: ReadableStream<Uint8Array> | null = null;
    #isUsed = false;
    /** The media type that goes with what was given. */
    protected readonly bodyType: string | null = null;

    constructor(given: BodyInit | ByteSource) {
        if (given === null || given === undefined) return;
        if (typeof given === "string") {
            this.#bytes = bytesOf(given);
            this.bodyType = "text/plain;charset=UTF-8";
        } else if (given instanceof ArrayBuffer) {
            this.#bytes = new Uint8Array(given.slice(0));
        } else if (ArrayBuffer.isView(given)) {
            this.#bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength).slice();
        } else if (given instanceof ReadableStream) {
            this.#stream = given as ReadableStream<Uint8Array>;
        } else if ("pull" in given) {
            this.#source = given as ByteSource;
        } else {
            this.#bytes = bytesOf(String(given));
            const isForm = Object.prototype.toString.call(given) === "[object URLSearchParams]";
            this.bodyType = isForm ? "application/x-www-form-urlencoded;charset=UTF-8" : "text/plain;charset=UTF-8";
        }
    }

    /** Whether there is a body, without making a stream of it. */
    get hasBody(): boolean {
        return this.#bytes !== null || this.#source !== null || this.#stream !== null;
    }

    /** How many bytes it has; `null` where that is seen only when they come, or where there is no body. */
    get length(): number | null {
        return this.#bytes?.length ?? null;
    }

    /** The bytes as a stream; `null` where there is no body. */
    get body(): ReadableStream<Uint8Array> | null {
        if (this.#stream === null && (this.#bytes !== null || this.#source !== null)) this.#stream = this.#streamed();
        return this.#stream;
    }

    get bodyUsed(): boolean {
        return this.#isUsed || this.#stream?.locked === true;
    }

    #streamed(): ReadableStream<Uint8Array> {
        const source = this.#taken();
        return new ReadableStream<Uint8Array>(
            {
                pull: async (controller) => {
                    const piece = await source.pull();
                    if (piece === null) controller.close();
                    else controller.enqueue(piece);
                },
                cancel: () => source.cancel(),
            },
            { highWaterMark: 0 },
        );
    }

    /** What gives the bytes, which nothing else reads then. */
    #taken(): ByteSource {
        const [bytes, source] = [this.#bytes, this.#source];
        this.#bytes = this.#source = null;
        if (source !== null) return source;
        let left: Uint8Array | null = bytes !== null && bytes.length > 0 ? bytes : null;
        return {
            pull: async () => {
                const piece = left;
                left = null;
                return piece;
            },
            cancel: () => undefined,
        };
    }

    /** Everything, as pieces; whoever reads a body reads it through here, or through `body`. */
    async *pieces(): AsyncGenerator<Uint8Array, undefined> {
        if (this.bodyUsed) throw new TypeError("the body was read already");
        this.#isUsed = true;
        if (this.#stream !== null) {
            for await (const piece of this.#stream) yield piece;
            return undefined;
        }
        const source = this.#taken();
        let isOver = false;
        try {
            for (let piece = await source.pull(); piece !== null; piece = await source.pull()) yield piece;
            isOver = true;
        } finally {
            if (!isOver) source.cancel();
        }
        return undefined;
    }

    async bytes(): Promise<Uint8Array> {
        const found: Uint8Array[] = [];
        let length = 0;
        for await (const piece of this.pieces()) {
            found.push(piece);
            length += piece.length;
        }
        if (found.length === 1) return found[0]!;
        const all = new Uint8Array(length);
        let at = 0;
        for (const piece of found) {
            all.set(piece, at);
            at += piece.length;
        }
        return all;
    }

    async arrayBuffer(): Promise<ArrayBufferLike> {
        return (await this.bytes()).slice().buffer;
    }

    async text(): Promise<string> {
        return new TextDecoder().decode(await this.bytes());
    }

    async json(): Promise<unknown> {
        return JSON.parse(await this.text()) as unknown;
    }

    /** Two that can be read, in place of this one. */
    protected split(): [BodyInit | ByteSource, BodyInit | ByteSource] {
        if (this.bodyUsed) throw new TypeError("the body was read already");
        if (this.#bytes !== null) return [this.#bytes, this.#bytes];
        const [one, other] = this.body?.tee() ?? [null, null];
        this.#stream = one;
        return [one, other];
    }
}
