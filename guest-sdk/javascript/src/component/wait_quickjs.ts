/** Waiting on QuickJS: by the loop of this package, within the gateway's call. */

import { leftover, run } from "../web/loop.js";

export { forget, leftover, pause, until } from "../web/loop.js";

/** Calls what a bot has, to its end. */
export function conclude<T>(made: () => unknown, done: (value: unknown) => T, failed: (error: unknown) => T): T {
    try {
        let value = made();
        // What does not wait needs no loop.
        if (value instanceof Promise) value = run(value);
        const left = leftover();
        if (left !== null) throw left.error;
        return done(value);
    } catch (error) {
        return failed(error);
    }
}
