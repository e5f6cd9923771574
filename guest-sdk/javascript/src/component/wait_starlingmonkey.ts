/** Waiting on StarlingMonkey, which has an event loop of its own. It knows nothing of the gateway's pollables. */

import * as clock from "wasi:clocks/monotonic-clock@0.2.0";
import type { Pollable } from "xasi:io/poll@0.2.11";

/** Milliseconds from one look at a pollable to the next: at first, and at most. Each is half as long again. */
const LOOK_FIRST = 1;
const LOOK_MAX = 10;

/** Resolves when a pollable is ready. It is given back then. */
export async function until(pollable: Pollable): Promise<void> {
    waited.add(pollable);
    for (let wait = LOOK_FIRST; waited.has(pollable) && !pollable.ready(); wait = Math.min(wait * 1.5, LOOK_MAX)) {
        await new Promise((resolve) => void setTimeout(resolve, wait));
    }
    // Who waits for one that was forgotten is never woken.
    if (!waited.has(pollable)) await new Promise(() => undefined);
    forget(pollable);
}

const waited = new Set<Pollable>();

/** Waits no longer for a pollable, which is given back. */
export function forget(pollable: Pollable): void {
    if (waited.delete(pollable)) pollable[Symbol.dispose]();
}

/** Waits, and everything waits with it. */
export function pause(milliseconds: number): void {
    const pollable = clock.subscribeDuration(BigInt(Math.round(Math.max(0, milliseconds) * 1e6)));
    pollable.block();
    pollable[Symbol.dispose]();
}

/** Calls what a bot has, to its end. */
export async function conclude<T>(
    made: () => unknown,
    done: (value: unknown) => T,
    failed: (error: unknown) => T,
): Promise<T> {
    try {
        return done(await made());
    } catch (error) {
        return failed(error);
    }
}

/** The engine does not tell which promises are left. */
export function leftover(): null {
    return null;
}
