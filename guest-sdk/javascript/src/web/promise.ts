/**
 * Promises for an engine that never runs its own jobs (componentize-qjs 0.4.5 with `--sync`).
 *
 * The bundler makes generators of async functions, so that these are the only promises there are. They know what
 * the engine's own would not tell: which of them nobody handled, which never came to an end, and where they were
 * made.
 */

import { enqueue, type Job } from "./jobs.js";

type Settle = (value: unknown) => void;

/** A promise of any class, and what settles it. */
interface Capability {
    promise: PromiseLike<unknown>;
    resolve: Settle;
    reject: Settle;
}

type State = 0 | 1 | 2;

const PENDING = 0;
const FULFILLED = 1;
const REJECTED = 2;

/** Given in place of an executor to make one that is settled from within. */
const BARE = Symbol("bare");

/** Promises that an author, or an async function, has made and that are not settled. */
const unsettled = new Set<EnginePromise>();

/** Promises that were rejected and that nobody has handled yet. */
const unhandled = new Set<EnginePromise>();

/** Frames of a trace that tell where a promise was made: ours, the author's function, and who called it. */
const FRAMES = 6;

/** The global `Promise`. Every `await` makes some, so there is no more to them than is needed. */
export class EnginePromise {
    #state: State = PENDING;
    #value: unknown = undefined;
    #reactions: Reaction[] | null = null;
    #isHandled = false;
    /** The trace of the place where it was made. */
    #made = "";

    constructor(executor: ((resolve: Settle, reject: Settle) => void) | typeof BARE) {
        if (executor === BARE) return;
        if (typeof executor !== "function") throw new TypeError("a promise is made with a function");
        // The bundler's stand-ins for async generators take one more. There are many of these promises, and what is
        // worth knowing is where the generator waits.
        if (executor.length <= 2) {
            this.#made = traceHere();
            unsettled.add(this);
        }
        const { resolve, reject } = this.#resolvers();
        try {
            executor(resolve, reject);
        } catch (error) {
            reject(error);
        }
    }

    static get [Symbol.species](): typeof EnginePromise {
        return this;
    }

    get [Symbol.toStringTag](): string {
        return "Promise";
    }

    /** The functions that settle it; the first call of either counts. */
    #resolvers(): { resolve: Settle; reject: Settle } {
        let isResolved = false;
        return {
            resolve: (value) => {
                if (isResolved) return;
                isResolved = true;
                this.#resolve(value);
            },
            reject: (error) => {
                if (isResolved) return;
                isResolved = true;
                this.#settle(REJECTED, error);
            },
        };
    }

    #resolve(value: unknown): void {
        if ((typeof value !== "object" && typeof value !== "function") || value === null) {
            return this.#settle(FULFILLED, value);
        }
        if (value === this) return this.#settle(REJECTED, new TypeError("a promise cannot wait for itself"));
        let then: unknown;
        try {
            then = (value as { then?: unknown }).then;
        } catch (error) {
            return this.#settle(REJECTED, error);
        }
        if (typeof then !== "function") return this.#settle(FULFILLED, value);
        const run = (): void => {
            const { resolve, reject } = this.#resolvers();
            try {
                then.call(value, resolve, reject);
            } catch (error) {
                reject(error);
            }
        };
        enqueue({ run });
    }

    #settle(state: State, value: unknown): void {
        this.#state = state;
        this.#value = value;
        if (this.#made !== "") unsettled.delete(this);
        if (state === REJECTED && !this.#isHandled) unhandled.add(this);
        const reactions = this.#reactions;
        if (reactions === null) return;
        this.#reactions = null;
        for (const reaction of reactions) reaction.enqueue(state, value);
    }

    /** What a reaction gives. It is settled by nothing else, and once. */
    static settle(promise: EnginePromise, isRejected: boolean, value: unknown): void {
        if (isRejected) promise.#settle(REJECTED, value);
        else promise.#resolve(value);
    }

    then(onFulfilled?: unknown, onRejected?: unknown): PromiseLike<unknown> {
        const made = speciesOf(this);
        const derived = made === EnginePromise ? new EnginePromise(BARE) : capabilityOf(made);
        const reaction = new Reaction(derived, onFulfilled, onRejected);
        if (!this.#isHandled) {
            this.#isHandled = true;
            unhandled.delete(this);
        }
        if (this.#state !== PENDING) reaction.enqueue(this.#state, this.#value);
        else if (this.#reactions === null) this.#reactions = [reaction];
        else this.#reactions.push(reaction);
        return (derived instanceof EnginePromise ? derived : derived.promise) as PromiseLike<unknown>;
    }

    catch(onRejected?: unknown): PromiseLike<unknown> {
        return this.then(undefined, onRejected);
    }

    finally(onFinally?: unknown): PromiseLike<unknown> {
        if (typeof onFinally !== "function") return this.then(onFinally, onFinally);
        const made = speciesOf(this);
        return this.then(
            (value: unknown) => resolvedBy(made, onFinally()).then(() => value),
            (error: unknown) =>
                resolvedBy(made, onFinally()).then(() => {
                    throw error;
                }),
        );
    }

    static resolve(value?: unknown): PromiseLike<unknown> {
        if (this !== EnginePromise) return resolvedBy(this, value);
        if (value instanceof EnginePromise && value.constructor === EnginePromise)
            return value as unknown as PromiseLike<unknown>;
        const promise = new EnginePromise(BARE);
        promise.#resolve(value);
        return promise as unknown as PromiseLike<unknown>;
    }

    static reject(error?: unknown): PromiseLike<unknown> {
        return new this((_, reject) => reject(error)) as unknown as PromiseLike<unknown>;
    }

    static withResolvers(): Capability {
        return capabilityOf(this);
    }

    static try(call: (...all: unknown[]) => unknown, ...values: unknown[]): PromiseLike<unknown> {
        return new this((resolve) => resolve(call(...values))) as unknown as PromiseLike<unknown>;
    }

    static all(values: Iterable<unknown>): PromiseLike<unknown> {
        return collected(this, values, (all, reject) => ({ fulfilled: all.fill, rejected: () => reject }));
    }

    static allSettled(values: Iterable<unknown>): PromiseLike<unknown> {
        return collected(this, values, (all) => ({
            fulfilled: (at) => (value) => all.fill(at)({ status: "fulfilled", value }),
            rejected: (at) => (reason) => all.fill(at)({ status: "rejected", reason }),
        }));
    }

    static any(values: Iterable<unknown>): PromiseLike<unknown> {
        const why = "all promises were rejected";
        const failed = (errors: unknown[]): never => {
            throw new AggregateError(errors, why);
        };
        return collected(this, values, (all, _, resolve) => ({ fulfilled: () => resolve, rejected: all.fill }), failed);
    }

    static race(values: Iterable<unknown>): PromiseLike<unknown> {
        return new this((resolve, reject) => {
            for (const value of values) resolvedBy(this, value).then(resolve, reject);
        }) as unknown as PromiseLike<unknown>;
    }

    /** What was thrown in a promise that nobody handles. */
    static unhandledError(): { error: unknown } | null {
        for (const promise of unhandled) return { error: promise.#value };
        return null;
    }

    /** Where a promise was made that something waits for, and that nothing settles: the trace of the newest one. */
    static stuckPlace(): string {
        const waited = [...unsettled].filter((promise) => promise.#reactions !== null);
        // What an async function gives waits for another.
        const newest = waited.findLast((promise) => !promise.#isOfAsyncFunction()) ?? waited.at(-1);
        return newest === undefined ? "" : newest.#made;
    }

    /** Where an async function was called that still waits, and that nobody awaits. */
    static floatingPlace(): string | null {
        const floats = (promise: EnginePromise): boolean => !promise.#isHandled && promise.#isOfAsyncFunction();
        const found = [...unsettled].find(floats);
        return found === undefined ? null : found.#made;
    }

    /** Whether the bundler's stand-in for async functions made it. */
    #isOfAsyncFunction(): boolean {
        return this.#made.split("\n", FRAMES).some((frame) => frame.includes("at __async "));
    }
}

/** What is to be done when a promise is settled, and the promise of that. */
class Reaction implements Job {
    readonly #derived: EnginePromise | Capability;
    readonly #onFulfilled: unknown;
    readonly #onRejected: unknown;
    #state: State = PENDING;
    #value: unknown = undefined;

    constructor(derived: EnginePromise | Capability, onFulfilled: unknown, onRejected: unknown) {
        this.#derived = derived;
        this.#onFulfilled = onFulfilled;
        this.#onRejected = onRejected;
    }

    enqueue(state: State, value: unknown): void {
        this.#state = state;
        this.#value = value;
        enqueue(this);
    }

    run(): void {
        const handle = this.#state === FULFILLED ? this.#onFulfilled : this.#onRejected;
        if (typeof handle !== "function") return this.#settle(this.#state === REJECTED, this.#value);
        let value: unknown;
        try {
            value = handle(this.#value);
        } catch (error) {
            return this.#settle(true, error);
        }
        this.#settle(false, value);
    }

    #settle(isRejected: boolean, value: unknown): void {
        const derived = this.#derived;
        if (derived instanceof EnginePromise) EnginePromise.settle(derived, isRejected, value);
        else if (isRejected) derived.reject(value);
        else derived.resolve(value);
    }
}

/** The trace of this place, short. */
function traceHere(): string {
    const most = Error.stackTraceLimit;
    Error.stackTraceLimit = FRAMES;
    const trace = new Error().stack ?? "";
    Error.stackTraceLimit = most;
    // Never empty, so that it tells who was made with a function.
    return trace || "no trace";
}

type Made = new (executor: (resolve: Settle, reject: Settle) => void) => EnginePromise;

/** The class of what `then` gives: that of the promise, unless the class says otherwise. */
function speciesOf(promise: EnginePromise): Made {
    const made = promise.constructor as Made | undefined;
    if (made === EnginePromise || made === undefined) return EnginePromise;
    return (made as unknown as { [Symbol.species]?: Made })[Symbol.species] ?? EnginePromise;
}

function capabilityOf(made: Made): Capability {
    let settle: { resolve: Settle; reject: Settle } | undefined;
    const promise = new made((resolve, reject) => {
        settle = { resolve, reject };
    });
    return { promise: promise as unknown as PromiseLike<unknown>, ...settle! };
}

function resolvedBy(made: Made, value: unknown): PromiseLike<unknown> {
    if (value instanceof EnginePromise && value.constructor === made) return value as unknown as PromiseLike<unknown>;
    return new made((resolve) => resolve(value)) as unknown as PromiseLike<unknown>;
}

/** What a collection is told of each of its promises, by their places. */
interface Listener {
    fulfilled: (at: number) => Settle;
    rejected: (at: number) => Settle;
}

/** Waits for many, and gives an array that `listener` fills. */
function collected(
    made: Made,
    values: Iterable<unknown>,
    listener: (all: { fill: (at: number) => Settle }, reject: Settle, resolve: Settle) => Listener,
    finish: (found: unknown[]) => unknown = (found) => found,
): PromiseLike<unknown> {
    return new made((resolve, reject) => {
        const found: unknown[] = [];
        // One more than there are, so that nothing ends before all are known.
        let left = 1;
        const done = (): void => {
            left -= 1;
            if (left > 0) return;
            try {
                resolve(finish(found));
            } catch (error) {
                reject(error);
            }
        };
        const fill = (at: number) => (value: unknown) => {
            found[at] = value;
            done();
        };
        const { fulfilled, rejected } = listener({ fill }, reject, resolve);
        let at = 0;
        for (const value of values) {
            left += 1;
            resolvedBy(made, value).then(fulfilled(at), rejected(at));
            at += 1;
        }
        done();
    }) as unknown as PromiseLike<unknown>;
}
