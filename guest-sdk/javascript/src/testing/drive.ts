/** Runs what waits, on the clock of a scene. */

import type { Clock } from "./clock.js";

/** What came of it. */
export type Outcome = { value: unknown } | { error: unknown };

/** Before a scene puts others in its place. */
const { setImmediate: afterJobs } = globalThis;

/** Turns without anything to do after which nothing more is expected: streams of Node take some. */
const IDLE_TURNS_MAX = 20;

/** Calls a function, and goes on until what it gave is settled: time passes only when nothing else is to be done. */
export async function drive(clock: Clock, call: () => unknown): Promise<Outcome> {
    const rejections: { error: unknown }[] = [];
    const listen = (error: unknown): void => void rejections.push({ error });
    // Others (a test runner) would take it for theirs.
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", listen);
    try {
        const outcome = await settled(clock, call, () => rejections[0]);
        await new Promise((resolve) => afterJobs(resolve));
        return "error" in outcome ? outcome : (rejections[0] ?? outcome);
    } finally {
        process.removeListener("unhandledRejection", listen);
        for (const other of others) process.on("unhandledRejection", other);
    }
}

async function settled(clock: Clock, call: () => unknown, rejection: () => Outcome | undefined): Promise<Outcome> {
    let outcome: Outcome | undefined;
    try {
        const value = call();
        if (typeof (value as PromiseLike<unknown> | null | undefined)?.then !== "function") return { value };
        (value as PromiseLike<unknown>).then(
            (found) => (outcome = { value: found }),
            (error: unknown) => (outcome = { error }),
        );
    } catch (error) {
        return { error };
    }
    for (let idle = 0; idle < IDLE_TURNS_MAX; idle++) {
        await new Promise((resolve) => afterJobs(resolve));
        if (outcome !== undefined) return outcome;
        try {
            if (clock.goOn()) idle = 0;
        } catch (error) {
            return { error };
        }
    }
    const never = new Error("this is waited for, and nothing is left that could settle it");
    return rejection() ?? { error: never };
}
