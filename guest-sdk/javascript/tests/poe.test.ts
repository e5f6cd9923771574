// Other bots: asked, read, merged, handed on; files and money.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bot, events, Failure, Message, poe, PoeError, type Bot, type Query, type Reply } from "../src/index.js";
import { Scene, Script } from "../src/testing/index.js";

function asker(respond: (query: Query, reply: Reply) => Promise<void> | void, calls = 9): Bot {
    return bot({ respond, settings: () => ({ serverBotDependencies: { A: calls, B: calls } }) });
}

test("an answer is read as it comes", async () => {
    const script = new Script("one").wait(1000).event(events.replace("two")).event(events.suggest("more"));
    const { timed } = await new Scene().bot("A", script).ask(
        asker(async (_, reply) => {
            for await (const event of poe.ask("A")) reply.passOn(event);
        }),
        "hi",
    );
    assert.deepEqual(timed, [
        [0, events.text("one")],
        [1000, events.replace("two")],
        [1000, events.suggest("more")],
    ]);
});

test("the whole text, a relay, and a relay of texts alone", async () => {
    const script = (): Script =>
        new Script("a").event(events.data("hidden")).event(events.replace("b")).text("c").event(events.suggest("s"));
    const scene = new Scene().bot("A", script(), script(), script());
    const transcript = await scene.ask(
        asker(async (_, reply) => {
            reply.text(`[${await poe.ask("A").text()}]`);
            await poe.ask("A").relay();
            await poe.ask("A").relayText();
        }),
        "hi",
    );
    assert.deepEqual(transcript.events.map(events.nameOf), [
        ...["text", "text", "replace_response", "text", "suggested_reply"],
        ...["text", "replace_response", "text"],
    ]);
});

test("several are asked at once", async () => {
    const scene = new Scene().bot("A", new Script().wait(500).text("a")).bot("B", new Script().wait(500).text("b"));
    const both = await scene.ask(
        asker(async (_, reply) => {
            const texts = await Promise.all([poe.ask("A").text(), poe.ask("B").text()]);
            reply.text(texts.join());
        }),
        "hi",
    );
    assert.deepEqual([both.text, both.took], ["a,b", 500]);
    const talks = new Scene()
        .bot("A", new Script("a1").wait(300).text("a2"))
        .bot("B", new Script().wait(100).text("b1").fail(new Failure("no")));
    const merged = await talks.ask(
        asker(async (_, reply) => {
            for await (const outcome of poe.merge(poe.ask("A"), poe.ask("B")).outcomes()) {
                reply.text(
                    "event" in outcome
                        ? `${outcome.which}${events.show(outcome.event)} `
                        : `${outcome.which}${outcome.error.bot} `,
                );
            }
        }),
        "hi",
    );
    assert.equal(merged.text, '0text {"text":"a1"} 1text {"text":"b1"} 1B 0text {"text":"a2"} ');
});

test("the first error of several ends them all", async () => {
    const scene = new Scene()
        .bot("A", new Script().wait(9000).text("late"))
        .bot("B", new Script().breaks(new PoeError("broken", "cut")));
    const { took, failure } = await scene.ask(
        asker(async (_, reply) => {
            for await (const [which] of poe.merge(poe.ask("A"), poe.ask("B"))) reply.text(String(which));
        }),
        "hi",
    );
    assert.deepEqual([took, failure?.allowRetry], [0, true]);
});

test("a question says what differs", async () => {
    const { asked } = await new Scene().bot("A", "1", "2").ask(
        asker(async () => {
            await poe
                .ask("A", {
                    messages: [Message.system("brief"), Message.user("q")],
                    temperature: 0,
                    stopSequences: ["."],
                    body: { x: 1 },
                })
                .text();
            await poe.ask("A").text();
            assert.throws(() => poe.ask("A", { temprature: 0 } as never), /a question has no member "temprature"/);
        }),
        "hi",
    );
    assert.deepEqual(asked[0]!.body, {
        temperature: 0,
        stop_sequences: ["."],
        query: [
            { role: "system", content: "brief", content_type: "text/markdown" },
            { role: "user", content: "q", content_type: "text/markdown" },
        ],
        x: 1,
    });
    assert.deepEqual(asked[1]!.body, {});
});

test("a bot that is not declared often enough is denied, and one without an answer is broken", async () => {
    const kinds: string[] = [];
    await new Scene().bot("A", "1").ask(
        asker(async () => {
            for (const name of ["A", "A", "B"]) {
                await Promise.resolve()
                    .then(() => poe.ask(name).text())
                    .then(
                        (text) => kinds.push(text),
                        (error: PoeError) => kinds.push(error.kind),
                    );
            }
        }, 1),
        "hi",
    );
    assert.deepEqual(kinds, ["1", "denied", "broken"]);
});

test("leaving the loop hangs up", async () => {
    const { took } = await new Scene().bot("A", new Script("a").wait(9000).text("b")).ask(
        asker(async (_, reply) => {
            for await (const event of poe.ask("A")) {
                reply.passOn(event);
                break;
            }
        }),
        "hi",
    );
    assert.equal(took, 0);
});

test("files go up", async () => {
    const { uploads, text } = await new Scene().ask(
        asker((_, reply) => {
            reply.attach("a.txt", "ä", { contentType: "text/plain" });
            reply.text(events.markdownOf(reply.attach("b.bin", new Uint8Array([1]), { inline: true })));
            reply.attachUrl("https://example.com/c.png?x#y");
            assert.throws(() => reply.attach("", "x"), /a file has a name/);
            assert.throws(() => reply.attachUrl("ftp://x"), /begins neither/);
        }),
        "hi",
    );
    assert.deepEqual(
        uploads.map(({ name, content, fromUrl }) => [name, content?.length, fromUrl]),
        [
            ["a.txt", 2, null],
            ["b.bin", 1, null],
            ["c.png", undefined, "https://example.com/c.png?x#y"],
        ],
    );
    assert.equal(text, "![b.bin][ref00002]");
});

test("costs are reserved and charged", async () => {
    const spend = asker(() => {
        poe.authorize(new poe.CostItem(100, "words"));
        poe.capture(poe.CostItem.usd(0.0005), new poe.CostItem(49.5));
    });
    const { charges, failure } = await new Scene({ budget: 100 }).ask(spend, "hi");
    assert.deepEqual(
        [charges.map(({ step, items }) => [step, items.map(({ usdMilliCents }) => usdMilliCents)]), failure],
        [
            [
                ["authorize", [100]],
                ["capture", [50, 50]],
            ],
            null,
        ],
    );
    assert.equal((await new Scene({ budget: 99 }).ask(spend, "hi")).failure?.errorType, "insufficient_fund");
    assert.equal(poe.CostItem.usd(0.07).usdMilliCents, 7_000);
    for (const amount of [-1, NaN, Infinity]) assert.throws(() => new poe.CostItem(amount), /a cost is a number/);
});

test("outside of respond everything is denied", async () => {
    await new Scene().during(() => assert.throws(() => poe.ask("A"), { kind: "denied" }));
    assert.throws(() => poe.ask("A"), /there is no gateway here/);
});
