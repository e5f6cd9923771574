/** What another bot says. */

import { backend, type AnswerSource, type SaidEvent } from "./backend.js";
import * as events from "./events.js";
import type { Event } from "./events.js";
import { PoeError, Stopped } from "./failure.js";
import { tolerant } from "./named_event.js";
import { begunAt } from "./trace.js";

/** An event of the interface. Whatever the typed form cannot hold stays as it was said. */
function eventOf({ name, text, index, data }: SaidEvent): Event {
    if (name === "text") return events.text(text, { index });
    if (name === "replace_response") return events.replace(text, { index });
    if (name === "suggested_reply") return events.suggest(text);
    return name === "data" ? events.data(text) : tolerant(name, data);
}

/**
 * What another bot says, event by event: `for await`, or `text`, or `relay`. Leaving the loop, or `close`, hangs up.
 *
 * Reading throws `PoeError`: `said` where the other bot ended with an error, `broken` where it broke off. What came
 * before stays valid, and then it is over.
 */
export class Answer implements AsyncIterableIterator<Event> {
    /** The name of the bot that was asked. */
    readonly bot: string;
    readonly #source: AnswerSource;
    #events: Event[] = [];
    #isOver = false;
    /** Where the bot was asked. */
    readonly #beginning = new Error();

    constructor(bot: string, source: AnswerSource) {
        this.bot = bot;
        this.#source = source;
    }

    /** Whether the next event, or the end, is there already. */
    get isReady(): boolean {
        return this.#events.length > 0 || this.#isOver || this.#source.isReady();
    }

    /** Resolves when the next event, or the end, is there. */
    async ready(): Promise<void> {
        if (this.#events.length === 0 && !this.#isOver) await this.#source.ready();
    }

    /** The next event. */
    async next(): Promise<IteratorResult<Event, undefined>> {
        await this.ready();
        return this.takeReady();
    }

    /** The next event, where one is there; waits for it, and everything with it, where none is. */
    takeReady(): IteratorResult<Event, undefined> {
        if (this.#events.length === 0 && !this.#isOver) this.#fetch();
        const event = this.#events.shift();
        return event === undefined ? { done: true, value: undefined } : { done: false, value: event };
    }

    #fetch(): void {
        const said = this.#ending(() => this.#source.read());
        this.#events = said.map(eventOf);
        if (said.length === 0) this.close();
    }

    #ending<T>(call: () => T): T {
        try {
            return call();
        } catch (error) {
            throw this.#ended(error);
        }
    }

    #ended(error: unknown): unknown {
        this.close();
        if (error instanceof PoeError) error.bot ??= this.bot;
        return begunAt(error, this.#beginning);
    }

    /** Hangs up, as a loop does that is left. */
    async return(): Promise<IteratorResult<Event, undefined>> {
        this.close();
        this.#events = [];
        return { done: true, value: undefined };
    }

    [Symbol.asyncIterator](): this {
        return this;
    }

    /**
     * Waits for the whole answer and returns its text: texts joined, replacements made.
     *
     * `meta`, suggestions and hidden data do not count. An answer of nothing but files has the empty text. Throws
     * `PoeError`, as iterating does, and `broken` where nothing came at all.
     */
    async text(): Promise<string> {
        let text = "";
        let hasHeard = false;
        for await (const event of this) {
            if (event.type === "text") text += event.text;
            else if (event.type === "replace") text = event.text;
            hasHeard ||= ["text", "replace", "file", "json"].includes(event.type);
        }
        if (!hasHeard) throw this.#ended(new PoeError("broken", `Bot ${this.bot} sent no response`, { bot: this.bot }));
        return text;
    }

    /**
     * Hands all that is still to come to the reader, without passing through this bot.
     *
     * Resolves when the answer is complete. In a component everything of the query stands still until then. Everything
     * is passed on but hidden data, which belongs to the other bot; a `meta` counts only where it is the first event of
     * the reply. The bounds of the reply hold for what is passed on. Throws `PoeError`, as iterating does, and
     * `stopped` where the reply takes nothing more.
     */
    async relay(): Promise<void> {
        await this.#relay(
            (event) => event.type !== "data",
            () => this.#source.relay(),
        );
    }

    /** The same, with nothing but texts and replacements. */
    async relayText(): Promise<void> {
        await this.#relay(
            (event) => event.type === "text" || event.type === "replace",
            () => this.#source.relayText(),
        );
    }

    async #relay(isWanted: (event: Event) => boolean, relay: () => Promise<void>): Promise<void> {
        const here = this.#events.splice(0).filter(isWanted);
        here.forEach(passOn);
        if (this.#isOver) return;
        try {
            await relay();
        } catch (error) {
            throw this.#ended(error);
        }
        this.close();
    }

    /** Hangs up. What has arrived can still be read. May be called twice. */
    close(): void {
        this.#isOver = true;
        this.#source.close();
    }

    [Symbol.dispose](): void {
        this.close();
    }

    async [Symbol.asyncDispose](): Promise<void> {
        this.close();
    }
}

function passOn(event: Event): void {
    try {
        backend().say(event);
    } catch (error) {
        if (error instanceof Stopped) throw new PoeError("stopped", "", { stopped: error });
        if (!(error instanceof TypeError)) throw error;
        if (event.type !== "meta")
            throw new PoeError("stopped", "", { stopped: new Stopped("invalid", error.message) });
    }
}
