/** The world that a test plays: it answers by the rules of the gateway, and keeps what it was told. */

import type { AnswerSource, Backend, BillItem, KnowledgeCollection, StoreBucket } from "../backend.js";
import * as events from "../events.js";
import type { Event, FileEvent } from "../events.js";
import { PoeError, Stopped } from "../failure.js";
import { isObject, kindOf } from "../json.js";
import { CostItem } from "../poe.js";
import { shown } from "../text.js";
import type { Clock } from "./clock.js";
import { PlayedAnswer } from "./played_answer.js";
import type { Owners } from "./owners.js";
import type { Recorder } from "./recorder.js";
import { Asked, type PlayedBots } from "./script.js";

/** Most bytes of a file, as in the gateway: 50 MB. */
const FILE_BYTES_MAX = 50_000_000;

/** Most files of a reply, as in the gateway. */
const FILES_MAX = 20;

/** Headers that a bot never sees. */
const WITHHELD = ["authorization", "cookie", "proxy-authorization"];

/** A file that a bot uploaded. */
export interface Upload {
    /** Its name. */
    name: string;
    /** Its bytes, where the bot had them. */
    content: Uint8Array | null;
    /** Where the platform fetches it, where the bot gave a URL. */
    fromUrl: string | null;
    /** What became of it. */
    file: FileEvent;
}

/** What a bot charged. */
export interface Charge {
    /** `authorize` where an amount was reserved, `capture` where it was charged. */
    step: "authorize" | "capture";
    /** The positions. */
    items: CostItem[];
}

/** What a bot can read of the request that it answers. */
export interface Received {
    /** The body. */
    raw: string;
    /** Names and values of headers. */
    headers: [name: string, value: string][];
    /** The short number in the gateway's log. */
    reference: string;
    /** The bot's config. */
    env: Record<string, string>;
}

/** What is played besides. */
export interface Surroundings {
    clock: Clock;
    received: Received;
    bots: PlayedBots;
    owners: Owners;
    /** The bytes behind the URLs of attachments. */
    attachments: ReadonlyMap<string, Uint8Array>;
    /** What the person can pay, in milli-cents. */
    budget: number;
}

/** The world around a bot, as long as it is asked once. */
export class PlayedWorld implements Backend {
    /** The reply, while `respond` runs. */
    recorder: Recorder | null = null;
    /** How often each bot may still be asked: from the settings of the bot that is tested. */
    callsLeft = new Map<string, number>();
    /** The URLs of the files that the query at hand brings. */
    attached = new Set<string>();
    readonly asked: Asked[] = [];
    readonly uploads: Upload[] = [];
    readonly charges: Charge[] = [];
    readonly #around: Surroundings;
    #budget: number;
    #authorized = 0;
    readonly #played = new Map<string, number>();

    constructor(around: Surroundings) {
        this.#around = around;
        this.#budget = around.budget;
    }

    say(event: Event): void {
        if (this.recorder === null) throw new Stopped("ended");
        this.recorder.say(event);
    }

    raw(): string {
        return this.#around.received.raw;
    }

    header(name: string): string | null {
        const values = this.headers().filter(([header]) => header === name.toLowerCase());
        return values.length === 0 ? null : values.map(([, value]) => value).join(", ");
    }

    headers(): [string, string][] {
        const named = this.#around.received.headers.map(([name, value]): [string, string] => [
            name.toLowerCase(),
            value,
        ]);
        return named.filter(([name]) => !WITHHELD.includes(name));
    }

    reference(): string {
        return this.#around.received.reference;
    }

    environment(): Record<string, string> {
        return this.#around.received.env;
    }

    ask(bot: string, body: string): AnswerSource {
        this.#duringReply();
        const members: unknown = JSON.parse(body);
        if (!isObject(members)) throw new PoeError("invalid", `the question is ${kindOf(members)}, not a JSON object`);
        const left = this.callsLeft.get(bot) ?? 0;
        if (left <= 0) {
            throw new PoeError(
                "denied",
                `the settings of this bot do not declare \`${bot}\`, or not often enough: add it to \`serverBotDependencies\``,
                { bot },
            );
        }
        this.callsLeft.set(bot, left - 1);
        const before = this.#played.get(bot) ?? 0;
        this.#played.set(bot, before + 1);
        const asked = new Asked(bot, members);
        this.asked.push(asked);
        const { steps } = this.#around.bots.answer(asked, before);
        return new PlayedAnswer(this.#around.clock, steps, (event) => this.#handOn(event));
    }

    attach(name: string, contentType: string | null, content: Uint8Array, inline: boolean): FileEvent {
        this.#duringReply();
        if (name === "") throw new PoeError("invalid", "a file has a name");
        if (content.length > FILE_BYTES_MAX)
            throw new PoeError("too-large", `${shown(name)} has more than ${FILE_BYTES_MAX} bytes`);
        return this.#upload({ name, content, fromUrl: null }, contentType, inline);
    }

    attachUrl(url: string, name: string | null, inline: boolean): FileEvent {
        this.#duringReply();
        if (!/^https?:\/\//.test(url))
            throw new PoeError("invalid", `${shown(url)} begins neither with \`http://\` nor with \`https://\``);
        const path = url.replace(/^[^:]*:\/\/[^/?#]*/, "").replace(/[?#].*$/s, "");
        const named = name || path.slice(path.lastIndexOf("/") + 1) || "downloaded_file";
        return this.#upload({ name: named, content: null, fromUrl: url }, null, inline);
    }

    #upload(upload: Omit<Upload, "file">, contentType: string | null, inline: boolean): FileEvent {
        const number = this.uploads.length + 1;
        if (number > FILES_MAX) throw new PoeError("too-large", `a reply has at most ${FILES_MAX} files`);
        const file = events.file({
            url: `https://files.test/${number}`,
            contentType: contentType ?? "application/octet-stream",
            name: upload.name,
            inlineRef: inline ? `ref${String(number).padStart(5, "0")}` : null,
        });
        this.#handOn(file);
        this.uploads.push({ ...upload, file });
        return file;
    }

    readAttachment(url: string, bytesMax: number): Uint8Array {
        this.#duringReply();
        if (!this.attached.has(url))
            throw new PoeError("denied", `${shown(url)} is not attached to a message of the query`);
        const content = this.#around.attachments.get(url);
        if (content === undefined) throw new PoeError("broken", `${shown(url)} is gone`);
        if (content.length > bytesMax)
            throw new PoeError("too-large", `the attachment has more than ${bytesMax} bytes`);
        return content.slice();
    }

    authorize(items: BillItem[]): void {
        this.#duringReply();
        const authorized = this.#authorized + sumOf(items);
        if (authorized > this.#budget) throw new PoeError("insufficient-fund");
        this.#authorized = authorized;
        this.charges.push({ step: "authorize", items: items.map(costOf) });
    }

    capture(items: BillItem[]): void {
        this.#duringReply();
        const amount = sumOf(items);
        if (amount > this.#authorized) throw new PoeError("insufficient-fund");
        this.#authorized -= amount;
        this.#budget -= amount;
        this.charges.push({ step: "capture", items: items.map(costOf) });
    }

    #duringReply(): void {
        if (this.recorder === null) throw new PoeError("denied", "only while a query is answered");
    }

    /** Tells the reader what comes from elsewhere: a file, or an event of another bot. */
    #handOn(event: Event): void {
        try {
            this.say(event);
        } catch (error) {
            if (error instanceof Stopped) throw new PoeError("stopped", "", { stopped: error });
            if (!(error instanceof TypeError)) throw error;
            // A `meta` that is not the first event is passed over.
            if (event.type !== "meta")
                throw new PoeError("stopped", "", { stopped: new Stopped("invalid", error.message) });
        }
    }

    openBucket(name: string): StoreBucket {
        return this.#around.owners.bucket(name);
    }

    pause(milliseconds: number): void {
        const { clock } = this.#around;
        clock.putForward(clock.now + milliseconds);
    }

    openCollection(name: string): KnowledgeCollection {
        return this.#around.owners.collection(name);
    }
}

function sumOf(items: BillItem[]): number {
    return items.reduce((sum, { amount }) => sum + amount, 0);
}

function costOf({ amount, description }: BillItem): CostItem {
    return new CostItem(amount, description);
}
