/**
 * The event loop of a component: jobs, timers, and what the gateway makes ready.
 *
 * It runs as long as the gateway's call does. Where nothing is left that could go on, it says so instead of waiting.
 */

import * as clock from "xasi:clocks/monotonic-clock@0.2.11";
import * as io from "xasi:io/poll@0.2.11";
import type { Pollable } from "xasi:io/poll@0.2.11";
import { runJobs } from "./jobs.js";
import { EnginePromise } from "./promise.js";

/** Thrown where a promise that is waited for can never be settled. */
export class NeverSettled extends Error {
    override readonly name = "NeverSettled";
}

interface Wait {
    pollable: Pollable;
    wake: () => void;
}

interface Timer {
    id: number;
    at: number;
    every: number | null;
    call: () => void;
}

const waits: Wait[] = [];

/** By the time at which they are due; of equals, the older one first. */
const timers: Timer[] = [];
let timerCount = 0;

/** Resolves when a pollable is ready. It is given back then. */
export function until(pollable: Pollable): Promise<void> {
    return new Promise((wake) => void waits.push({ pollable, wake }));
}

/** Waits no longer for a pollable, which is given back. Who waits for it is never woken. */
export function forget(pollable: Pollable): void {
    const at = waits.findIndex((one) => one.pollable === pollable);
    if (at < 0) return;
    waits.splice(at, 1);
    pollable[Symbol.dispose]();
}

/** Calls a function after so many milliseconds, once or again and again. */
export function startTimer(call: () => void, milliseconds: number, isRepeated: boolean): number {
    const wait = Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
    timerCount += 1;
    insert({ id: timerCount, at: performance.now() + wait, every: isRepeated ? wait : null, call });
    return timerCount;
}

/** Stops a timer. It is no error if there is none. */
export function stopTimer(id: unknown): void {
    const at = timers.findIndex((timer) => timer.id === id);
    if (at >= 0) timers.splice(at, 1);
}

function insert(timer: Timer): void {
    const at = timers.findIndex((other) => other.at > timer.at);
    timers.splice(at < 0 ? timers.length : at, 0, timer);
}

/** Waits, and everything waits with it. */
export function pause(milliseconds: number): void {
    const pollable = clock.subscribeDuration(nanoseconds(milliseconds));
    pollable.block();
    pollable[Symbol.dispose]();
}

/** Runs until a promise is settled: gives its value, or throws its error. */
export function run(promise: PromiseLike<unknown>): unknown {
    let outcome: { value: unknown } | { error: unknown } | undefined;
    promise.then(
        (value) => (outcome = { value }),
        (error: unknown) => (outcome = { error }),
    );
    for (;;) {
        runJobs();
        if (outcome !== undefined) break;
        if (!goOn()) throw stuck();
    }
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
}

function stuck(): unknown {
    const unhandled = EnginePromise.unhandledError();
    if (unhandled !== null) return unhandled.error;
    return madeAt(
        new NeverSettled("this is waited for, and nothing is left that could settle it"),
        EnginePromise.stuckPlace(),
    );
}

/** What is wrong with the promises that are left when everything was said, if anything is. */
export function leftover(): { error: unknown } | null {
    const unhandled = EnginePromise.unhandledError();
    if (unhandled !== null) return unhandled;
    const place = EnginePromise.floatingPlace();
    if (place === null) return null;
    const error = new NeverSettled("`respond` returned while this async function still waited; `await` it");
    return { error: madeAt(error, place) };
}

/** An error with the trace of another place. */
function madeAt(error: Error, trace: string): Error {
    Object.defineProperty(error, "stack", { value: trace, configurable: true, writable: true });
    return error;
}

/** Waits for what is next, and does it. `false` where there is nothing to wait for. */
function goOn(): boolean {
    const first = timers[0];
    if (waits.length === 0 && first === undefined) return false;
    const pollables = waits.map((one) => one.pollable);
    const alarm = first && clock.subscribeDuration(nanoseconds(first.at - performance.now()));
    const ready = new Set(io.poll(alarm ? [...pollables, alarm] : pollables));
    alarm?.[Symbol.dispose]();
    const woken = waits.filter((_, at) => ready.has(at));
    for (const { pollable, wake } of woken) {
        forget(pollable);
        wake();
    }
    if (first && ready.has(pollables.length)) callTimers(Math.max(performance.now(), first.at));
    return true;
}

function callTimers(now: number): void {
    while (timers[0] !== undefined && timers[0].at <= now) {
        const timer = timers.shift()!;
        // Again after now, or one that repeats without a pause would keep all others from their turn.
        if (timer.every !== null) insert({ ...timer, at: now + Math.max(timer.every, 1) });
        timer.call();
        runJobs();
    }
}

function nanoseconds(milliseconds: number): number {
    return Math.round(Math.max(0, milliseconds) * 1e6);
}
