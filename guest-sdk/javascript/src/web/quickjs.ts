/**
 * What QuickJS gets before the author's modules run: promises and all else that waits, chance, and the log.
 *
 * What is larger and seldom used (`fetch`, `URL`, …) is not here: the bundler adds it where it is named.
 */

import * as random from "wasi:random/random@0.2.12";
import { console } from "./console.js";
import { queueMicrotask } from "./jobs.js";
import { EnginePromise } from "./promise.js";
import * as timers from "./timers.js";

Object.defineProperty(EnginePromise, "name", { value: "Promise" });

/** A number from 0 to below 1: 53 bits, as many as a number holds exactly. */
function randomNumber(): number {
    const [first = 0, ...rest] = random.getRandomBytes(7);
    return rest.reduce((sum, byte) => sum * 256 + byte, first % 32) / 2 ** 53;
}

const crypto = {
    getRandomValues<T extends ArrayBufferView>(array: T): T {
        new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(random.getRandomBytes(array.byteLength));
        return array;
    },
    randomUUID(): string {
        const bytes = Uint8Array.from(random.getRandomBytes(16));
        // Version 4, and the variant of RFC 4122.
        bytes[6] = (bytes[6]! & 0x0f) | 0x40;
        bytes[8] = (bytes[8]! & 0x3f) | 0x80;
        const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
        return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    },
};

/** The engine's own gives one of its own promises. */
async function fromAsync(
    items: AsyncIterable<unknown> | Iterable<unknown>,
    map?: (item: unknown, at: number) => unknown,
): Promise<unknown[]> {
    const found: unknown[] = [];
    for await (const item of items) found.push(map === undefined ? item : await map(item, found.length));
    return found;
}

Object.assign(globalThis, {
    Promise: EnginePromise,
    queueMicrotask,
    ...timers,
    console,
    crypto,
    self: globalThis,
});
// The engine's own generator was seeded when the component was built.
Math.random = randomNumber;
Array.fromAsync = fromAsync as typeof Array.fromAsync;
