// The promises of a component, beside those of Node: the same values, and in the same order where it matters.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runJobs } from "../src/web/jobs.js";
import { EnginePromise } from "../src/web/promise.js";

const Engine = EnginePromise as unknown as PromiseConstructor;

/** What a promise came to, when all jobs are done. */
function outcomeOf(promise: PromiseLike<unknown>): unknown {
    let outcome: unknown = "pending";
    promise.then(
        (value) => (outcome = { value }),
        (error: unknown) => (outcome = { error }),
    );
    runJobs();
    return outcome;
}

/** The same with the promises of Node. */
async function natively(make: (made: PromiseConstructor) => PromiseLike<unknown>): Promise<unknown> {
    return Promise.race([
        make(Promise).then(
            (value) => ({ value }),
            (error: unknown) => ({ error }),
        ),
        new Promise((resolve) => setImmediate(resolve, "pending")),
    ]);
}

const CASES: Record<string, (made: PromiseConstructor) => PromiseLike<unknown>> = {
    resolve: (made) => made.resolve(made.resolve(1)),
    thenable: (made) => made.resolve({ then: (resolve: (value: unknown) => void) => resolve(2) }),
    "thrown in the executor": (made) =>
        new made(() => {
            throw new Error("x");
        }),
    "thrown after it is resolved": (made) =>
        new made((resolve) => {
            resolve(1);
            throw new Error("x");
        }),
    "the first counts": (made) =>
        new made((resolve, reject) => {
            resolve(1);
            reject(2);
            resolve(3);
        }),
    chain: (made) =>
        made
            .reject(1)
            .then(
                () => 2,
                (error: number) => error + 10,
            )
            .then((value) => value + 1),
    catch: (made) => made.reject(1).catch(() => made.reject(2)),
    finally: (made) => made.resolve(1).finally(() => 2),
    "finally throws": (made) =>
        made.resolve(1).finally(() => {
            throw new Error("f");
        }),
    "no function": (made) => made.resolve(1).then(7 as never),
    all: (made) => made.all([1, made.resolve(2), { then: (resolve: (value: unknown) => void) => resolve(3) }]),
    "all of none": (made) => made.all([]),
    "all with one rejected": (made) => made.all([new made(() => undefined), made.reject(4)]),
    settled: (made) => made.allSettled([1, made.reject(2)]),
    any: (made) => made.any([made.reject(1), made.resolve(2)]),
    race: (made) => made.race([new made(() => undefined), made.resolve(5), made.reject(6)]),
    pending: (made) => new made(() => undefined),
};

for (const [name, make] of Object.entries(CASES)) {
    test(`as in Node: ${name}`, async () => assert.deepEqual(outcomeOf(make(Engine)), await natively(make)));
}

test("any with all rejected has all errors", () => {
    const { error } = outcomeOf(Engine.any([Engine.reject(1), Engine.reject(2)])) as { error: AggregateError };
    assert.deepEqual([error instanceof AggregateError, error.errors], [true, [1, 2]]);
});

test("a promise that waits for itself is rejected", () => {
    const promise: Promise<unknown> = Engine.resolve().then(() => promise);
    assert.ok((outcomeOf(promise) as { error: unknown }).error instanceof TypeError);
});

test("a class of one's own stays one", () => {
    class Own extends (Engine as unknown as typeof Promise)<number> {
        hello(): string {
            return "hello";
        }
    }
    assert.equal((Own.resolve(1).then(() => 2) as Own).hello(), "hello");
    assert.ok(Own.all([]) instanceof Own);
});

test("who handles none is known, and who does later is forgiven", () => {
    const error = new Error("nobody's");
    const promise = Engine.reject(error);
    runJobs();
    assert.deepEqual(EnginePromise.unhandledError(), { error });
    promise.catch(() => undefined);
    runJobs();
    assert.equal(EnginePromise.unhandledError(), null);
});

test("a long chain is done without a deep stack", () => {
    let promise: Promise<number> = Engine.resolve(0);
    for (let at = 0; at < 20_000; at++) promise = promise.then((value) => value + 1);
    assert.deepEqual(outcomeOf(promise), { value: 20_000 });
});
