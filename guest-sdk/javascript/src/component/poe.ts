/** What a bot asks of the platform, through the gateway. */

import * as gateway from "ravenry:bot/poe@0.1.0";
import type { AnswerSource, BillItem, SaidEvent } from "../backend.js";
import * as events from "../events.js";
import type { FileEvent } from "../events.js";
import { PoeError, type PoeErrorKind } from "../failure.js";
import { maybeWhole, whole } from "../text.js";
import { Handles } from "./handles.js";
import { wideNumber } from "./numbers.js";
import { asked as askedOf, bytes, textOf, type Variant } from "./refusal.js";
import { failureOf, stoppedOf } from "./reply.js";

/** Bytes of a file that go in one call; the interface's bound for a piece. */
const PIECE_BYTES = 1024 * 1024;

/** Most bytes that an attachment may be read with: 32 bits. */
const BYTES_MAX = 2 ** 32 - 1;

const KINDS = ["denied", "invalid", "broken", "insufficient-fund", "too-large"];

function errorOf(refusal: Variant): PoeError {
    if (refusal.tag === "said") return new PoeError("said", "", { said: failureOf(refusal.val as never) });
    if (refusal.tag === "stopped") {
        const stopped = refusal.val as Variant | string;
        return new PoeError("stopped", "", {
            stopped: stoppedOf(typeof stopped === "string" ? { tag: stopped } : stopped),
        });
    }
    const kind = KINDS.includes(refusal.tag) ? (refusal.tag as PoeErrorKind) : "other";
    return new PoeError(kind, textOf(refusal));
}

function asked<T>(call: () => T): T {
    return askedOf(call, errorOf);
}

/** What another bot says, on the gateway's side. */
class GatewayAnswer implements AnswerSource {
    readonly #handles = new Handles();
    readonly #answer: gateway.Answer;

    constructor(answer: gateway.Answer) {
        this.#answer = this.#handles.keep(answer);
    }

    ready(): Promise<void> {
        return this.#handles.until(this.#answer);
    }

    isReady(): boolean {
        return this.#handles.isReady(this.#answer);
    }

    read(): SaidEvent[] {
        return asked(() => this.#answer.read()).map(({ name, text, index, data }) => ({
            name,
            text,
            index: index ?? null,
            data,
        }));
    }

    async relay(): Promise<void> {
        asked(() => this.#answer.relay());
    }

    async relayText(): Promise<void> {
        asked(() => this.#answer.relayText());
    }

    close(): void {
        this.#handles.close();
    }
}

/** Asks another bot. */
export function ask(bot: string, body: string): AnswerSource {
    const name = whole(bot);
    return new GatewayAnswer(asked(() => gateway.ask(name, body)));
}

/** Uploads a file, in pieces where it is large, and attaches it. */
export function attach(name: string, contentType: string | null, content: Uint8Array, inline: boolean): FileEvent {
    if (content.length <= PIECE_BYTES) return fileOf(asked(() => gateway.attach(name, contentType, content, inline)));
    const writer = new gateway.FileWriter(name, contentType);
    try {
        for (let start = 0; start < content.length; start += PIECE_BYTES) {
            asked(() => writer.write(content.subarray(start, start + PIECE_BYTES)));
        }
    } catch (error) {
        writer[Symbol.dispose]();
        throw error;
    }
    return fileOf(asked(() => gateway.FileWriter.finish(writer, inline)));
}

/** Has the platform fetch a file, and attaches it. */
export function attachUrl(url: string, name: string | null, inline: boolean): FileEvent {
    return fileOf(asked(() => gateway.attachUrl(url, name, inline)));
}

/** The bytes of an attachment of the query. */
export function readAttachment(url: string, bytesMax: number): Uint8Array {
    const most = Math.min(Math.max(0, Math.trunc(bytesMax) || 0), BYTES_MAX);
    return bytes(asked(() => gateway.readAttachment(whole(url), most)));
}

/** Reserves an amount. */
export function authorize(items: BillItem[]): void {
    asked(() => gateway.authorize(billOf(items)));
}

/** Charges an amount. */
export function capture(items: BillItem[]): void {
    asked(() => gateway.capture(billOf(items)));
}

function billOf(items: BillItem[]): gateway.CostItem[] {
    return items.map(({ amount, description }) => ({
        amountUsdMilliCents: wideNumber(amount),
        description: maybeWhole(description),
    }));
}

function fileOf({ url, contentType, name, inlineRef }: gateway.FileEvent): FileEvent {
    return events.file({ url, contentType, name, inlineRef: inlineRef ?? null });
}
