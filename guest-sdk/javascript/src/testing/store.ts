/** The store that a test plays: in memory, by the rules of the gateway. Nothing in it expires. */

import type { StoreBucket, StoreCas } from "../backend.js";
import { StoreError } from "../failure.js";
import { Bucket } from "../store.js";
import { byBytes, byteCount } from "../text.js";
import { bytesOf, textOf } from "../utf8.js";

/** Bytes of a key and of a value, as by default in the gateway. */
const KEY_BYTES_MAX = 1_024;
const VALUE_BYTES_MAX = 1 << 20;

/** Keys and bytes of values in one call. */
const BATCH_KEYS_MAX = 256;
const BATCH_BYTES_MAX = 4 << 20;

/** What all keys and values of a bot may have, and how many there may be. */
const BYTES_MAX = 64 << 20;
const ENTRIES_MAX = 100_000;

/** What an entry counts besides its key, its value and whose it is. */
const ENTRY_BYTES = 128;

/** Keys of one page. */
const PAGE_KEYS = 1_000;

/** What a cursor of ours begins with. */
const CURSOR = "behind ";

/** A value, and the number of the write that it came from. */
interface Entry {
    value: Uint8Array;
    write: number;
}

/**
 * What a bot remembers in a test: set before with `new Scene({ store })`, looked at after in `transcript.store`.
 *
 *     const store = new Store();
 *     store.user("anna").set("likes", ["milk", "tea"]);
 *     store.bot().set("visits", 3);
 *
 * A query that is made of a text is asked by the person `user` in the conversation `conversation`, and these are what
 * is meant without a name. The bounds are those that a gateway has by default. Nothing expires, and nobody waits for a
 * turn.
 */
export class Store {
    readonly #buckets = new Map<string, Map<string, Entry>>();
    #writes = 0;
    #count = 0;
    #bytes = 0;

    /** Another one with the same values. */
    copy(): Store {
        const other = new Store();
        for (const [name, entries] of this.#buckets) other.#buckets.set(name, new Map(entries));
        other.#writes = this.#writes;
        other.#count = this.#count;
        other.#bytes = this.#bytes;
        return other;
    }

    /** What is kept for the bot. */
    bot(): Bucket {
        return new Bucket(this.opened("bot", ""));
    }

    /** What is kept for this person. */
    user(userId = "user"): Bucket {
        return new Bucket(this.opened("user", userId));
    }

    /** What is kept for this conversation. */
    conversation(conversationId = "conversation"): Bucket {
        return new Bucket(this.opened("conversation", conversationId));
    }

    /** A bucket, as a bot opens it. */
    opened(name: string, owner: string): StoreBucket {
        const whose = `${name} ${owner}`;
        const entries = this.#buckets.get(whose) ?? new Map<string, Entry>();
        this.#buckets.set(whose, entries);
        return new PlayedBucket(entries, {
            write: (values) => this.#write(entries, owner, values),
            remove: (keys) => this.#remove(entries, owner, keys),
        });
    }

    /** Sets these values, all or none: `StoreError` where that would be too much. */
    #write(entries: Map<string, Entry>, owner: string, values: Map<string, Uint8Array>): void {
        let [count, size] = [0, 0];
        for (const [key, value] of values) {
            if (byteCount(key) > KEY_BYTES_MAX)
                throw new StoreError("other", `a key has at most ${KEY_BYTES_MAX} bytes`);
            if (value.length > VALUE_BYTES_MAX)
                throw new StoreError("other", `a value has at most ${VALUE_BYTES_MAX} bytes`);
            const old = entries.get(key);
            count += old === undefined ? 1 : 0;
            size += sizeOf(owner, key, value) - (old === undefined ? 0 : sizeOf(owner, key, old.value));
        }
        refuse(count > 0 && this.#count + count > ENTRIES_MAX, `${ENTRIES_MAX} entries`);
        refuse(size > 0 && this.#bytes + size > BYTES_MAX, `${BYTES_MAX} bytes`);
        this.#count += count;
        this.#bytes += size;
        for (const [key, value] of values) {
            this.#writes += 1;
            entries.set(key, { value: value.slice(), write: this.#writes });
        }
    }

    #remove(entries: Map<string, Entry>, owner: string, keys: readonly string[]): void {
        for (const key of keys) {
            const entry = entries.get(key);
            if (entry === undefined) continue;
            entries.delete(key);
            this.#count -= 1;
            this.#bytes -= sizeOf(owner, key, entry.value);
        }
    }
}

function refuse(isTooMuch: boolean, most: string): void {
    if (isTooMuch) throw new StoreError("full", `the store is full: no more than ${most} of the bot are kept`);
}

function sizeOf(owner: string, key: string, value: Uint8Array): number {
    return byteCount(owner) + byteCount(key) + value.length + ENTRY_BYTES;
}

/** What changes a store. */
interface Changes {
    write(values: Map<string, Uint8Array>): void;
    remove(keys: readonly string[]): void;
}

/** A bucket that is open. */
class PlayedBucket implements StoreBucket {
    readonly #entries: Map<string, Entry>;
    readonly #changes: Changes;

    constructor(entries: Map<string, Entry>, changes: Changes) {
        this.#entries = entries;
        this.#changes = changes;
    }

    get(key: string): Uint8Array | null {
        return this.#entries.get(key)?.value.slice() ?? null;
    }

    set(key: string, value: Uint8Array): void {
        this.#changes.write(new Map([[key, value]]));
    }

    delete(key: string): void {
        this.#changes.remove([key]);
    }

    exists(key: string): boolean {
        return this.#entries.has(key);
    }

    listKeys(cursor: string | null): { keys: string[]; cursor: string | null } {
        if (cursor !== null && !cursor.startsWith(CURSOR)) throw new StoreError("other", "there is no such cursor");
        const last = cursor === null ? null : cursor.slice(CURSOR.length);
        const all = [...this.#entries.keys()].sort(byBytes).filter((key) => last === null || byBytes(key, last) > 0);
        const keys = all.slice(0, PAGE_KEYS);
        return { keys, cursor: all.length > keys.length ? CURSOR + keys.at(-1)! : null };
    }

    increment(key: string, delta: number): number {
        const text = textOf(this.get(key) ?? bytesOf("0")) ?? "";
        if (!/^[+-]?[0-9]+$/.test(text) || !fits(BigInt(text)))
            throw new StoreError("other", "the value is no whole number of 64 bits");
        const sum = BigInt(text) + BigInt(delta);
        if (!fits(sum)) throw new StoreError("other", "the sum does not fit into 64 bits");
        this.set(key, bytesOf(String(sum)));
        return Number(sum);
    }

    look(key: string): StoreCas {
        return new PlayedCas(this, key, () => this.#entries.get(key)?.write ?? null);
    }

    getMany(keys: string[]): [string, Uint8Array | null][] {
        const found = keys.map((key): [string, Uint8Array | null] => [key, this.get(key)]);
        checkBatch(found);
        return found;
    }

    setMany(values: [string, Uint8Array][]): void {
        checkBatch(values);
        this.#changes.write(new Map(values));
    }

    deleteMany(keys: string[]): void {
        checkBatch(keys.map((key) => [key, null]));
        this.#changes.remove(keys);
    }
}

function fits(number: bigint): boolean {
    return BigInt.asIntN(64, number) === number;
}

function checkBatch(values: [string, Uint8Array | null][]): void {
    if (values.length > BATCH_KEYS_MAX)
        throw new StoreError("other", `at most ${BATCH_KEYS_MAX} keys are taken at once`);
    const size = values.reduce((sum, [, value]) => sum + (value?.length ?? 0), 0);
    if (size > BATCH_BYTES_MAX) {
        throw new StoreError("other", `the values of one call have at most ${BATCH_BYTES_MAX} bytes together`);
    }
}

/** A value that is to be swapped, if it is still what it was when it was looked at. */
class PlayedCas implements StoreCas {
    readonly #bucket: PlayedBucket;
    readonly #key: string;
    readonly #latest: () => number | null;
    /** Which write the value came from; `null` where there was none. */
    #write: number | null;

    constructor(bucket: PlayedBucket, key: string, latest: () => number | null) {
        this.#bucket = bucket;
        this.#key = key;
        this.#latest = latest;
        this.#write = latest();
    }

    current(): Uint8Array | null {
        this.#write = this.#latest();
        return this.#bucket.get(this.#key);
    }

    swap(value: Uint8Array): StoreCas | null {
        if (this.#latest() !== this.#write) return new PlayedCas(this.#bucket, this.#key, this.#latest);
        this.#bucket.set(this.#key, value);
        return null;
    }
}
