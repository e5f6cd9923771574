// What a bot remembers, by the rules of the gateway.

import assert from "node:assert/strict";
import { test } from "node:test";
import { store, StoreError, type Query, type Reply } from "../src/index.js";
import { ask, Scene, Store } from "../src/testing/index.js";

async function during(call: () => void, scene = new Scene()): Promise<Store> {
    const { error, store: kept } = await scene.ask({ respond: call }, "hi");
    if (error !== undefined) throw error;
    return kept;
}

test("values are JSON, and are found again in a later query", async () => {
    const first = await during(() => {
        store.user().set("likes", ["milk", "tea"]);
        store.user().set("nothing", null);
        store.conversation().setBytes("raw", new Uint8Array([255]));
        store.bot().increment("visits", 2);
    });
    await during(
        () => {
            const user = store.user();
            assert.deepEqual(
                [user.get("likes"), user.get("nothing"), user.get("none"), user.has("likes")],
                [["milk", "tea"], null, undefined, true],
            );
            assert.deepEqual([...user.keys()], ["likes", "nothing"]);
            assert.deepEqual(store.conversation().getBytes("raw"), new Uint8Array([255]));
            assert.throws(() => store.conversation().get("raw"), { kind: "not-json" });
            assert.equal(store.bot().increment("visits"), 3);
            user.delete("likes");
            assert.equal(user.has("likes"), false);
        },
        new Scene({ store: first }),
    );
    assert.equal(first.bot().get("visits"), 2);
    assert.equal(first.user("somebody else").has("likes"), false);
});

test("several at once", async () => {
    await during(() => {
        store.bot().setMany({ a: 1, b: { c: 2 } });
        assert.deepEqual(
            store.bot().getMany(["b", "none", "a"]),
            new Map<string, unknown>([
                ["b", { c: 2 }],
                ["a", 1],
            ]),
        );
        store.bot().deleteMany(["a", "none"]);
        assert.deepEqual([...store.bot().keys()], ["b"]);
        assert.throws(() => store.bot().getMany("ab"), /several keys are an array/);
    });
});

test("an update makes a new value of the old one", async () => {
    await during(() => {
        const add = (list: string[]): string[] => [...list, "x"];
        assert.deepEqual(store.user().update("n", add, []), ["x"]);
        assert.deepEqual(store.user().update("n", add, []), ["x", "x"]);
        assert.throws(() => store.user().update("n", () => undefined), /returns the new value/);
    });
});

test("an update that is overtaken is made again", async () => {
    await during(() => {
        let attempts = 0;
        const sum = store.bot().update<number>(
            "n",
            (n) => {
                attempts += 1;
                if (attempts < 4) store.bot().set("n", n + 100);
                return n + 1;
            },
            0,
        );
        assert.deepEqual([sum, attempts], [301, 4]);
        assert.throws(
            () =>
                store.bot().update<number>("n", (n) => {
                    store.bot().set("n", n + 1);
                    return n;
                }),
            (error) =>
                error instanceof StoreError &&
                error.kind === "unavailable" &&
                /during each of 16 attempts/.test(error.message),
        );
    });
});

test("what cannot be kept is said", async () => {
    await during(() => {
        const bucket = store.bot();
        for (const value of [undefined, () => 1, NaN, 1n, Promise.resolve(1)])
            assert.throws(() => bucket.set("k", value), TypeError);
        assert.throws(() => bucket.set("k".repeat(1_025), 1), /a key has at most 1024 bytes/);
        assert.throws(() => bucket.set("k", "x".repeat(1 << 20)), /a value has at most/);
        bucket.set("text", "seven");
        assert.throws(() => bucket.increment("text"), /no whole number/);
        assert.throws(() => bucket.increment("n", 1.5), RangeError);
    });
});

test("whose a bucket is comes from the query", async () => {
    const noted = { respond: (_: Query, reply: Reply): void => reply.text(String(store.user().increment("n"))) };
    const { failure, log } = await new Scene().ask(
        { respond: () => void store.user().get("x") },
        new (await import("../src/index.js")).Query(),
    );
    assert.equal(failure?.allowRetry, false);
    assert.match(log[0]!, /the store: there is no bucket `user`/);
    assert.equal((await ask(noted, "hi")).store.user().get("n"), 1);
    await assert.rejects(
        new Scene().during(() => store.user().get("x")),
        { kind: "no-such-store" },
    );
});

test("big whole numbers are read on request", async () => {
    await during(() => {
        store.bot().setBytes("id", new TextEncoder().encode('{"id":12345678901234567890}'));
        assert.deepEqual(store.bot().get("id", { bigints: true }), { id: 12345678901234567890n });
    });
});
