// Whatever `respond` is, and however it ends: what the reader gets, and what the log says.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
    bot,
    events,
    Failure,
    HttpError,
    poe,
    PoeError,
    sleep,
    Stopped,
    StoreError,
    type Query,
    type Reply,
} from "../src/index.js";
import { ask, Scene } from "../src/testing/index.js";

type Respond = (query: Query, reply: Reply) => any;

/** The golden of a reply. */
async function says(respond: Respond): Promise<string> {
    return String(await ask({ respond }, "hi"));
}

const FAILED = 'error {"allow_retry":false}\ndone {}\n';

test("a function, an async function, a generator and an async generator say the same", async () => {
    const said = 'text {"text":"hi"}\nsuggested_reply {"text":"again"}\ndone {}\n';
    const all: Respond[] = [
        (query, reply) => {
            reply.text(query.lastText);
            reply.suggest("again");
        },
        async (query, reply) => {
            await null;
            reply.text(query.lastText);
            await null;
            reply.suggest("again");
        },
        function* (query) {
            yield query.lastText;
            yield events.suggest("again");
        },
        async function* (query) {
            yield query.lastText;
            await null;
            yield events.suggest("again");
        },
    ];
    for (const respond of all) assert.equal(await says(respond), said);
});

test("what cannot be said is an error, and is thrown where it was yielded", async () => {
    assert.equal(await says(() => 7), FAILED);
    assert.equal(await says(async () => "a text"), FAILED);
    assert.equal(await says(() => ["a"]), FAILED);
    assert.equal(await says((_, reply) => reply.text(42 as never)), FAILED);
    assert.equal(await says((_, reply) => reply.text(Promise.resolve("x") as never)), FAILED);
    function* catches(): Generator<unknown> {
        try {
            yield 42;
        } catch (error) {
            yield (error as Error).message;
        }
    }
    assert.match(await says(catches), /`respond` yielded 42: a text or one of `events` can be said/);
    async function* returns(): AsyncGenerator<string, string> {
        yield "one";
        return "two";
    }
    assert.equal(await says(returns), `text {"text":"one"}\n${FAILED}`);
});

test("what was said before an error stays", async () => {
    function* twoOfThree(): Generator<string> {
        yield "one ";
        yield "two";
        throw new Error("no three");
    }
    const transcript = await ask({ respond: twoOfThree }, "hi");
    assert.equal(String(transcript), `text {"text":"one "}\ntext {"text":"two"}\n${FAILED}`);
    assert.match(transcript.log[0]!, /^Error: no three\n {4}at .*answering\.test/);
});

test("a failure is shown and not logged", async () => {
    const transcript = await ask(
        {
            respond() {
                throw new Failure("No.", { allowRetry: false, errorType: "user_caused_error" });
            },
        },
        "hi",
    );
    assert.equal(
        String(transcript),
        'error {"text":"No.","allow_retry":false,"error_type":"user_caused_error"}\ndone {}\n',
    );
    assert.deepEqual(transcript.log, []);
});

test("refusals end a reply with their own sentences", async () => {
    const rows: [Error, string | null | undefined][] = [
        [new Stopped("gone"), undefined],
        [new PoeError("said", "", { said: new Failure("Theirs.") }), "Theirs."],
        [new PoeError("broken", "cut"), "Something this bot relies on did not answer."],
        [new PoeError("insufficient-fund"), ""],
        [new HttpError("timeout", "slow"), "Something this bot relies on did not answer."],
        [new StoreError("full", "the store is full"), "This bot has no room left for what it is to remember."],
        [new AggregateError([new Stopped("gone"), new PoeError("too-large")]), "That is too large for this bot."],
        [new TypeError("mine"), null],
    ];
    for (const [error, text] of rows) {
        const { failure } = await ask({ respond: () => Promise.reject(error) }, "hi");
        assert.equal(failure?.text, text, String(error));
    }
});

test("a promise that nobody handles ends the reply", async () => {
    const respond: Respond = async (_, reply) => {
        reply.text("said ");
        void Promise.reject(new Error("nobody handles this"));
        await sleep(10);
        reply.text("more");
    };
    const { text, failure, error } = await ask({ respond }, "hi");
    assert.equal(text, "said more");
    assert.equal(failure?.allowRetry, false);
    assert.match(String(error), /nobody handles this/);
});

test("what waits for ever is an error", async () => {
    const { failure, error } = await ask({ respond: () => new Promise<void>(() => undefined) }, "hi");
    assert.equal(failure?.allowRetry, false);
    assert.match(String(error), /nothing is left that could settle it/);
});

test("what a timer throws ends the reply", async () => {
    const respond: Respond = async () => {
        setTimeout(() => {
            throw new Error("in a timer");
        }, 5);
        await sleep(10);
    };
    assert.match(String((await ask({ respond }, "hi")).error), /in a timer/);
});

test("a reader who leaves is told by the next event", async () => {
    const said: string[] = [];
    const respond: Respond = async (_, reply) => {
        try {
            for (const word of ["a", "b", "c"]) {
                reply.text(word);
                said.push(word);
                await sleep(1);
            }
        } finally {
            said.push("finally");
        }
    };
    const { failure, refused } = await new Scene({ leavesAfter: 2 }).ask({ respond }, "hi");
    assert.deepEqual(
        [said, failure, refused.map(String)],
        [["a", "b", "finally"], null, ["Stopped: the client has left, or the gateway is stopping"]],
    );
});

test("errors of others can be caught, and keep their words", async () => {
    const respond: Respond = (_, reply) => {
        try {
            poe.ask("Nobody");
        } catch (error) {
            const { name, kind, message } = error as PoeError;
            reply.text(`${name} ${kind}: ${message}`);
        }
    };
    assert.match(
        (await ask({ respond }, "hi")).text,
        /^PoeError denied: not allowed: the settings of this bot do not declare/,
    );
});

test("what is no bot is said", () => {
    assert.throws(() => bot(null as never), /a bot is an object, not null/);
    assert.throws(() => bot({} as never), /has a function `respond/);
    assert.throws(
        () => bot({ respond: () => undefined, settings: {} } as never),
        /`settings` of a bot is a function, not \{\}/,
    );
});
