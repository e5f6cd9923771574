/**
 * What a bot remembers: values under keys that outlive the query.
 *
 *     const notes = store.user().update("notes", (notes: string[]) => [...notes, "buy milk"], []);
 *     const questions = store.bot().increment("questions");
 *
 * `bot()` has one bucket for the bot, `user()` one for each person, `conversation()` one for each conversation. Whose
 * it is comes from the query or report at hand: a bot can neither name nor reach another person's. In `settings` there
 * is only `bot()`; where a query has no person or no conversation, the error is a `StoreError` of the kind
 * `no-such-store`.
 *
 * **Values are JSON**, a text too (`"milk"`, with its quotes): other programs that read the store, and bots in other
 * languages, find JSON there. What comes back is what JSON makes of it. `increment` keeps decimal text, which `get`
 * reads as a number; `getBytes` and `setBytes` keep any bytes as they are.
 *
 * **Who else writes.** Two messages can be answered at once, each by an instance of its own. A `get` with a `set`
 * behind it then loses one of two changes. `update` and `increment` lose none; `setMany` and `deleteMany` change
 * everything that they name at one moment.
 *
 * **How safe, how much, how long.** A write that has returned is kept, whatever happens to the machine afterwards. By
 * default a value has 1 MiB at most, a key 1,024 bytes, all keys and values of a bot 64 MiB together in 100,000 keys;
 * one call for several has 256 keys and 4 MiB of values. What would be more is a `StoreError`, and changes nothing: of
 * the kind `full` where it is all keys and values together, else `other`. 1,000 operations begin per second, and more
 * wait for their turn. The gateway's operator chooses these numbers, and the bot's manifest how long values stay.
 *
 * No function waits for others: everything of the query waits, which is some milliseconds, at no computing time.
 *
 * Native tests have a store in memory, by the same rules; see `Store` of `ravenry/testing`.
 */

import { backend, type Backend, type StoreBucket } from "./backend.js";
import { StoreError } from "./failure.js";
import { parse, type ParseOptions } from "./json.js";
import { shown, whole } from "./text.js";
import { bytesOf, textOf } from "./utf8.js";

export { StoreError, type StoreErrorKind } from "./failure.js";

/** How often `update` tries. Each time another was faster, so somebody's change was kept. */
const ATTEMPTS_MAX = 16;

/**
 * Milliseconds that `update` waits before its third attempt, at most; each time twice as long, up to the second
 * number. All who try at the same moment stay in each other's way: this spreads them, until each has room to read and
 * write undisturbed.
 */
const PAUSE = 8;
const PAUSE_MAX = 1_000;

/** What this bot remembers for all who use it. */
export function bot(): Bucket {
    return new Bucket((world) => world.openBucket("bot"));
}

/** What this bot remembers of the person of the query or report at hand. */
export function user(): Bucket {
    return new Bucket((world) => world.openBucket("user"));
}

/** What this bot remembers of the conversation of the query or report at hand. */
export function conversation(): Bucket {
    return new Bucket((world) => world.openBucket("conversation"));
}

/**
 * Values under keys; see `bot`, `user` and `conversation`.
 *
 * Cheap to make: it is opened by its first use, which is also where `no-such-store` is thrown. Keys are any text of at
 * most 1,024 bytes. Each function is one operation. Everything throws `StoreError` where a limit is passed (`full`, or
 * `other` where it is one of a single key, value or call) or the database does not answer (`unavailable`), and
 * `TypeError` where a value cannot be JSON.
 */
export class Bucket {
    readonly #source: StoreBucket | ((world: Backend) => StoreBucket);
    /** With the world that it was opened in: in native tests there are many. */
    #opened: { world: Backend; bucket: StoreBucket } | null = null;

    constructor(source: StoreBucket | ((world: Backend) => StoreBucket)) {
        this.#source = source;
    }

    get #bucket(): StoreBucket {
        if (typeof this.#source !== "function") return this.#source;
        const world = backend();
        if (this.#opened?.world !== world) this.#opened = { world, bucket: this.#source(world) };
        return this.#opened.bucket;
    }

    /**
     * The value, read from JSON; `undefined` where there is none. `options` are those of `json.parse`.
     *
     * `StoreError` (`not-json`) where it is no JSON.
     */
    get<T = unknown>(key: string, options?: ParseOptions): T | undefined {
        const value = this.getBytes(key);
        return value === null ? undefined : (read(key, value, options) as T);
    }

    /** The value as its bytes; `null` where there is none. */
    getBytes(key: string): Uint8Array | null {
        return this.#bucket.get(whole(key));
    }

    /** Sets the value, as JSON, whatever it was. */
    set(key: string, value: unknown): void {
        this.#bucket.set(whole(key), written(value));
    }

    /** Sets the value to these bytes, whatever it was. */
    setBytes(key: string, value: Uint8Array): void {
        if (!(value instanceof Uint8Array)) throw new TypeError(`bytes are a \`Uint8Array\`, not ${shown(value)}`);
        this.#bucket.set(whole(key), value.slice());
    }

    /** Removes key and value. It is no error if there is none. */
    delete(key: string): void {
        this.#bucket.delete(whole(key));
    }

    /** Whether there is a value. */
    has(key: string): boolean {
        return this.#bucket.exists(whole(key));
    }

    /**
     * All keys, in the order of their bytes, asked for as they are taken: 1,000 at a time.
     *
     * A key that is there all the while comes once; one that is set or deleted meanwhile comes or does not.
     */
    *keys(): Generator<string, undefined> {
        const bucket = this.#bucket;
        let cursor: string | null = null;
        do {
            const page: { keys: string[]; cursor: string | null } = bucket.listKeys(cursor);
            yield* page.keys;
            // A page can be empty and not the last.
            cursor = page.cursor;
        } while (cursor !== null);
        return undefined;
    }

    /**
     * Adds to a number and returns the sum, at one moment: nothing that others add meanwhile is lost. What is not
     * there counts as 0.
     *
     * `StoreError` where the value is no whole number, or the sum has more than 64 bits. The value stays as it was.
     */
    increment(key: string, by = 1): number {
        if (!Number.isSafeInteger(by)) throw new RangeError(`\`by\` is a whole number, not ${shown(by)}`);
        return this.#bucket.increment(whole(key), by);
    }

    /**
     * Those of these keys that there are, with their values as of one moment, in this order. At most 256 keys.
     *
     * `StoreError` (`not-json`) where one of the values is no JSON.
     */
    getMany(keys: Iterable<string>): Map<string, unknown> {
        const found = this.#bucket.getMany(several(keys)).filter(([, value]) => value !== null);
        return new Map(found.map(([key, value]) => [key, read(key, value!)]));
    }

    /** Sets these values, as JSON: all of them at one moment, or none. At most 256 keys and 4 MiB. */
    setMany(values: Record<string, unknown> | Map<string, unknown>): void {
        const entries = values instanceof Map ? [...values] : Object.entries(values);
        this.#bucket.setMany(entries.map(([key, value]) => [whole(key), written(value)]));
    }

    /** Removes these keys and their values, all at one moment. At most 256 keys. */
    deleteMany(keys: Iterable<string>): void {
        this.#bucket.deleteMany(several(keys));
    }

    /**
     * Makes a new value of the old one, sets it, and returns it.
     *
     *     store.conversation().update("names", (names: string[]) => [...names, "Ann"], []);
     *
     * Where another changes the value meanwhile, nothing is lost: `change` is called again, with what there is then.
     * So it should do nothing but make the value, and not wait. Where there is none it gets a copy of `otherwise`. What
     * it throws is passed on, and nothing is set. `undefined` is refused: mostly a `return` is missing.
     *
     * After 16 attempts in which another was faster, with pauses that grow to a second, it is given up with a
     * `StoreError` (`unavailable`), and nothing was set.
     */
    update<Old, New = Old>(key: string, change: (old: Old) => New, otherwise?: Old): New {
        const name = whole(key);
        const first = otherwise === undefined ? undefined : JSON.stringify(otherwise);
        let cas = this.#bucket.look(name);
        for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            if (attempt > 1) backend().pause(Math.min(PAUSE * 2 ** (attempt - 2), PAUSE_MAX) * Math.random());
            const old = cas.current();
            const before = old !== null ? read(name, old) : first === undefined ? undefined : JSON.parse(first);
            const value = change(before as Old);
            if (value === undefined)
                throw new TypeError("the function of `update` returns the new value, not `undefined`");
            const faster = cas.swap(written(value));
            if (faster === null) return value;
            cas = faster;
        }
        throw new StoreError(
            "unavailable",
            `${shown(name)} was changed by others during each of ${ATTEMPTS_MAX} attempts`,
        );
    }
}

function several(keys: Iterable<string>): string[] {
    if (typeof keys === "string")
        throw new TypeError(`several keys are an array of texts, not the text ${shown(keys)}`);
    return Array.from(keys, whole);
}

/** Unlike what is sent to the platform, what is kept must come back as it was: nothing is made to fit. */
function written(value: unknown): Uint8Array {
    if (typeof (value as PromiseLike<unknown> | null)?.then === "function")
        throw new TypeError(`a value is JSON, not ${shown(value)}`);
    const text = JSON.stringify(value, checkedNumber) as string | undefined;
    if (text === undefined) throw new TypeError(`${typeof value} is no JSON, and cannot be kept`);
    return bytesOf(text);
}

function checkedNumber(_: string, value: unknown): unknown {
    if (typeof value === "number" && !Number.isFinite(value))
        throw new TypeError(`${value} is no JSON, and cannot be kept`);
    if (typeof value === "bigint") throw new TypeError(`${value}n is no JSON; keep it as a text`);
    return value;
}

function read(key: string, value: Uint8Array, options?: ParseOptions): unknown {
    const text = textOf(value);
    try {
        if (text === null) throw new SyntaxError("it is not UTF-8");
        return parse(text, options);
    } catch (error) {
        throw new StoreError(
            "not-json",
            `the value of ${shown(key)} is not the JSON that is expected: ${String(error)}`,
        );
    }
}
