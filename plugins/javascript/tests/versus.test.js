// Two answers on one page: in which order they grow, what each rival is told, and who may fail.

import assert from "node:assert/strict";
import { test } from "node:test";
import { events, Failure, Message, PoeError } from "ravenry";
import { Scene, Script } from "ravenry/testing";
import versus, { NEW_SHARE } from "../versus.js";

const [GPT, CLAUDE] = ["GPT-3.5-Turbo", "Claude-3.5-Haiku"];

function ask(gpt, claude) {
    return new Scene().bot(GPT, gpt).bot(CLAUDE, claude).ask(versus, "hi");
}

function page(gpt, claude) {
    return `**Gpt-3.5-Turbo** says:\n${gpt}\n\n**Claude-3.5-Haiku** says:\n${claude}`;
}

test("both answers grow at once", async () => {
    const gpt = new Script().wait(1000).text("one").wait(2000).text(" more");
    const transcript = await ask(gpt, new Script().wait(2000).text("two"));
    assert.deepEqual(transcript.timed, [
        [0, events.replace("**Gpt-3.5-Turbo** says:\n")],
        [0, events.replace(page("", ""))],
        [1000, events.replace(page("one", ""))],
        [2000, events.replace(page("one", "two"))],
        [3000, events.replace(page("one more", "two"))],
    ]);
    // Together, not one after the other.
    assert.equal(transcript.took, 3000);
});

test("a replacement replaces its own half", async () => {
    const gpt = new Script("thinking").wait(1000).event(events.replace("done"));
    assert.equal((await ask(gpt, "two")).text, page("done", "two"));
});

test("suggestions pass and looks do not", async () => {
    const gpt = new Script()
        .event(events.meta({ linkify: true }))
        .text("one")
        .event(events.suggest("more"));
    const { suggestions, meta } = await ask(gpt, "two");
    assert.deepEqual([suggestions, meta], [["more"], null]);
});

test("each rival knows its own words", async () => {
    const alone = "**Gpt-3.5-Turbo** says:\nalone\n\n**Claude-3.5-Haiku** ran into an error";
    const rows = [
        [page("I am GPT.", "I am Claude."), "I am GPT.", "I am Claude."],
        [alone, "alone", alone],
        ["something else", "something else", "something else"],
    ];
    for (const [answer, ...own] of rows) {
        const quoted = Message.user(page("quoted", "by a person"));
        const talk = [quoted, Message.bot(answer), Message.user("go on")];
        const { asked } = await new Scene().bot(GPT, "1").bot(CLAUDE, "2").ask(versus, talk);
        asked.forEach(({ messages }, at) => assert.deepEqual(messages, [talk[0], Message.bot(own[at]), talk[2]]));
    }
});

test("one that fails leaves the other alone", async () => {
    const shown = "**Gpt-3.5-Turbo** ran into an error\n\n**Claude-3.5-Haiku** says:\ntwo";
    for (const fails of [new Script("half").fail(new Failure("no")), new Script().breaks(new PoeError("broken"))]) {
        const { text, failure } = await ask(fails, new Script().wait(1000).text("two"));
        assert.deepEqual([text, failure], [shown, null]);
    }
});

test("both that fail fail the reply", async () => {
    const failure = new Failure("no", { allowRetry: false });
    const transcript = await ask(new Script().fail(failure), new Script().breaks(new PoeError("broken")));
    assert.deepEqual(transcript.failure, failure);
});

test("who leaves hangs up on both", async () => {
    const slow = new Script().wait(100_000).text("late");
    const scene = new Scene({ leavesAfter: 2 }).bot(GPT, new Script().wait(1000).text("one")).bot(CLAUDE, slow);
    const { took, failure } = await scene.ask(versus, "hi");
    assert.deepEqual([took, failure], [1000, null]);
});

test("long answers stay within the reply", async () => {
    const [one, two] = [new Script(), new Script()];
    for (let at = 0; at < 3_000; at++) {
        one.text("one ");
        two.text("two ");
    }
    const transcript = await ask(one, two);
    assert.deepEqual([transcript.failure, transcript.refused], [null, []]);
    assert.equal(transcript.text, page("one ".repeat(3_000), "two ".repeat(3_000)));
    const spent = transcript.events.reduce((sum, event) => sum + events.show(event).length, 0);
    assert.ok(spent < 24_000 * (NEW_SHARE + 2));
});

test("the settings declare both", () => {
    assert.deepEqual(versus.settings().serverBotDependencies, { [GPT]: 1, [CLAUDE]: 1 });
});
