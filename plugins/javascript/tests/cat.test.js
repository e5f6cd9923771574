// Whole replies, event by event, to every word that the cat knows and to words that meet.

import assert from "node:assert/strict";
import { test } from "node:test";
import { lint, Message, Query } from "ravenry";
import { ask, Scene } from "ravenry/testing";
import cat, { MARKDOWN } from "../cat.js";

const meta = (contentType = "text/markdown", suggested = true) =>
    `meta {"content_type":"${contentType}","suggested_replies":${suggested},"linkify":true,"refetch_settings":false}\n`;

const META = meta();
const ZZZ = 'text {"text":"zzz"}\n';
const CRUNCH = 'text {"text":"crunch "}\ntext {"text":"crunch"}\n';
const MEOW = 'text {"text":"meow "}\ntext {"text":"meow"}\nsuggested_reply {"text":"feed the cat"}\n';
const PEEK = 'text {"text":"peek "}\nwait 1s\n'.repeat(10);
const SQUARE = 'error {"text":"Square snacks are not tasty.","allow_retry":true}\n';
const CUBE = 'error {"text":"Cube snacks are even less tasty.","allow_retry":false}\n';

function counting(pause) {
    return Array.from({ length: 10 }, (_, at) => `replace_response {"text":"${at + 1}"}\n${pause}`).join("");
}

async function says(text, expected) {
    const transcript = await ask(cat, text);
    assert.equal(String(transcript), `${expected}done {}\n`, text);
    return transcript;
}

test("every word", async () => {
    for (const text of ["hello", "", "quickly"]) await says(text, META + ZZZ);
    await says("I have CardBoard here", META + CRUNCH);
    for (const text of ["to the kitchen", "a meal", "Food!"]) await says(text, META + MEOW);
    await says("a square", META + SQUARE);
    await says("a cube", META + CUBE);
});

test("peeking and counting take ten seconds", async () => {
    assert.equal((await says("a stranger", META + PEEK)).took, 10_000);
    assert.equal((await says("count", META + counting("wait 1s\n"))).text, "10");
    assert.equal((await says("count quickly", META + counting(""))).took, 0);
});

test("plain and dog change how the reply is shown", async () => {
    await says("plain", meta("text/plain") + ZZZ);
    await says("dog", meta("text/markdown", false) + ZZZ);
    await says("Plain dog FOOD", meta("text/plain", false) + MEOW);
});

test("the first word of the list wins", async () => {
    await says("cardboard in the kitchen", META + CRUNCH);
    await says("a stranger with food", META + MEOW);
    await says("a square stranger", META + PEEK);
    await says("a square cube", META + SQUARE);
    await says("count the cubes", META + CUBE);
});

test("markdown does not end the reply", async () => {
    assert.equal((await ask(cat, "markdown")).text, `${MARKDOWN.join("")}zzz`);
    assert.deepEqual((await ask(cat, "plain markdown food")).suggestions, ["feed the cat"]);
    const refused = await ask(cat, "a markdown cube");
    assert.equal(refused.text, MARKDOWN.join(""));
    assert.equal(refused.events.length, 17);
    assert.equal((await ask(cat, "count quickly in markdown")).text, "10");
});

test("only the last message counts", async () => {
    const conversation = [Message.user("food"), Message.bot("meow meow"), Message.user("hi")];
    assert.equal((await ask(cat, conversation)).text, "zzz");
    assert.equal((await ask(cat, new Query())).text, "zzz");
});

test("a reader who leaves ends the watch", async () => {
    const { took, failure } = await new Scene({ leavesAfter: 4 }).ask(cat, "a stranger");
    assert.deepEqual([took, failure], [3_000, null]);
});

test("the settings allow files and forgetting", () => {
    const settings = cat.settings();
    assert.equal(settings.allowAttachments, true);
    assert.deepEqual(settings.extra, { allow_user_context_clear: true });
    assert.deepEqual(lint(settings), []);
});

test("a report is one line of the log", async (context) => {
    const log = context.mock.method(console, "log", () => undefined);
    await new Scene().feedback(cat, { feedbackType: "like\n" });
    await new Scene().reaction(cat, { reaction: "heart" });
    const lines = log.mock.calls.map(({ arguments: [line] }) => line);
    assert.equal(lines.length, 2);
    assert.ok(lines.every((line) => !line.includes("\n")));
});
