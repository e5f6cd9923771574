/** The globals of a scene: timers and dates by its clock, and its web in place of `fetch`. */

import type { Clock } from "./clock.js";

type Call = (...values: unknown[]) => void;

/** When scenes take place: 2026-01-01T00:00:00Z. */
const BEGAN = Date.UTC(2026, 0, 1);

const RealDate = Date;

/** Puts the globals of a scene in place, and returns what puts the real ones back. */
export function install(clock: Clock, fetch: typeof globalThis.fetch): () => void {
    const played: Record<string, unknown> = {
        setTimeout: (call: Call, wait?: number, ...values: unknown[]) =>
            clock.at(clock.now + duration(wait), () => call(...values)),
        clearTimeout: (id: unknown) => clock.forget(id),
        setInterval: (call: Call, wait?: number, ...values: unknown[]) =>
            interval(clock, () => call(...values), duration(wait)),
        clearInterval: (id: unknown) => stopInterval(clock, id),
        fetch,
        Date: playedDate(clock),
    };
    const names = Object.keys(played);
    const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name)!);
    const { now } = performance;
    const { timeout } = AbortSignal;
    for (const name of names)
        Object.defineProperty(globalThis, name, { value: played[name], configurable: true, writable: true });
    performance.now = () => clock.now;
    AbortSignal.timeout = (wait) => {
        const controller = new AbortController();
        clock.at(clock.now + wait, () => controller.abort(new DOMException("it took too long", "TimeoutError")));
        return controller.signal;
    };
    return () => {
        names.forEach((name, at) => Object.defineProperty(globalThis, name, before[at]!));
        performance.now = now;
        AbortSignal.timeout = timeout;
    };
}

function duration(wait: unknown): number {
    const milliseconds = Number(wait ?? 0);
    return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
}

/** The moment of the next call, by the number of the interval. */
const intervals = new Map<unknown, number>();
let intervalCount = 0;

function interval(clock: Clock, call: () => void, wait: number): string {
    intervalCount += 1;
    const id = `interval ${intervalCount}`;
    const again = (): void => {
        intervals.set(id, clock.at(clock.now + Math.max(wait, 1), again));
        call();
    };
    intervals.set(id, clock.at(clock.now + Math.max(wait, 1), again));
    return id;
}

function stopInterval(clock: Clock, id: unknown): void {
    clock.forget(intervals.get(id));
    intervals.delete(id);
    // The same functions stop both kinds, as in browsers.
    clock.forget(id);
}

function playedDate(clock: Clock): DateConstructor {
    const now = (): number => BEGAN + clock.now;
    return new Proxy(RealDate, {
        construct: (target, values: unknown[], made) =>
            Reflect.construct(target, values.length === 0 ? [now()] : values, made) as object,
        apply: () => new RealDate(now()).toString(),
        get: (target, name, self) => (name === "now" ? now : (Reflect.get(target, name, self) as unknown)),
    });
}
