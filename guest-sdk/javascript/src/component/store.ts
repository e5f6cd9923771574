/** What a bot remembers, through the gateway. */

import * as atomics from "wasi:keyvalue/atomics@0.2.0-draft2";
import * as batch from "wasi:keyvalue/batch@0.2.0-draft2";
import * as gateway from "wasi:keyvalue/store@0.2.0-draft2";
import type { StoreBucket, StoreCas } from "../backend.js";
import { StoreError } from "../failure.js";
import { wideNumber } from "./numbers.js";
import { asked as askedOf, bytes, refusalOf, textOf, type Variant } from "./refusal.js";

function errorOf(name: string): (refusal: Variant) => StoreError {
    return (refusal) => {
        if (refusal.tag === "no-such-store") return StoreError.noSuchStore(name);
        if (refusal.tag === "access-denied")
            return new StoreError("access-denied", `the bucket \`${name}\` may not be used`);
        return StoreError.said(textOf(refusal));
    };
}

/** Opens a bucket. It stays open: a handle costs nothing, and another may have come from it. */
export function openBucket(name: string): StoreBucket {
    return new GatewayBucket(
        name,
        askedOf(() => gateway.open(name), errorOf(name)),
    );
}

function maybeBytes(given: Uint8Array | number[] | null | undefined): Uint8Array | null {
    return given == null ? null : bytes(given);
}

class GatewayBucket implements StoreBucket {
    readonly #name: string;
    readonly #bucket: gateway.Bucket;

    constructor(name: string, bucket: gateway.Bucket) {
        this.#name = name;
        this.#bucket = bucket;
    }

    #asked<T>(call: (bucket: gateway.Bucket) => T): T {
        return askedOf(() => call(this.#bucket), errorOf(this.#name));
    }

    get(key: string): Uint8Array | null {
        return maybeBytes(this.#asked((bucket) => bucket.get(key)));
    }

    set(key: string, value: Uint8Array): void {
        this.#asked((bucket) => bucket.set(key, value));
    }

    delete(key: string): void {
        this.#asked((bucket) => bucket.delete(key));
    }

    exists(key: string): boolean {
        return this.#asked((bucket) => bucket.exists(key));
    }

    listKeys(cursor: string | null): { keys: string[]; cursor: string | null } {
        const page = this.#asked((bucket) => bucket.listKeys(cursor));
        return { keys: page.keys, cursor: page.cursor ?? null };
    }

    increment(key: string, delta: number): number {
        return Number(this.#asked((bucket) => atomics.increment(bucket, key, wideNumber(delta))));
    }

    look(key: string): StoreCas {
        return new GatewayCas(
            this.#name,
            this.#asked((bucket) => atomics.Cas.new(bucket, key)),
        );
    }

    getMany(keys: string[]): [string, Uint8Array | null][] {
        const found = this.#asked((bucket) => batch.getMany(bucket, keys));
        return found.map(([key, value]) => [key, maybeBytes(value)]);
    }

    setMany(values: [string, Uint8Array][]): void {
        this.#asked((bucket) => batch.setMany(bucket, values));
    }

    deleteMany(keys: string[]): void {
        this.#asked((bucket) => batch.deleteMany(bucket, keys));
    }
}

class GatewayCas implements StoreCas {
    readonly #name: string;
    readonly #cas: atomics.Cas;

    constructor(name: string, cas: atomics.Cas) {
        this.#name = name;
        this.#cas = cas;
    }

    current(): Uint8Array | null {
        return maybeBytes(askedOf(() => this.#cas.current(), errorOf(this.#name)));
    }

    swap(value: Uint8Array): StoreCas | null {
        try {
            atomics.swap(this.#cas, value);
            return null;
        } catch (error) {
            const refusal = refusalOf(error);
            if (refusal.tag === "cas-failed") return new GatewayCas(this.#name, refusal.val as atomics.Cas);
            throw errorOf(this.#name)(refusal.val as Variant);
        }
    }
}
