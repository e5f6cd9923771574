// Whose image is looked at, what is painted, where the painting stands, and who may fail.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Attachment, events, Failure, Message, PoeError, Query } from "ravenry";
import { Scene, Script } from "ravenry/testing";
import outfit, { ADVISER, PAINTER, TASK } from "../outfit.js";

function attached(name, contentType) {
    return new Attachment({ url: `https://files.test/${name}`, contentType, name });
}

function message(text, ...attachments) {
    return Message.user(text, { attachments });
}

const ME = message("hi", attached("me.jpg", "image/jpeg"));

function painter() {
    const script = new Script("Painting...");
    for (const name of ["draft.png", "top.png"]) {
        script.event(events.file({ url: `https://painter.test/${name}`, contentType: "image/png", name }));
    }
    return script;
}

test("a top is recommended and shown", async () => {
    const scene = new Scene().bot(ADVISER, new Script("A red ").text("shirt. ")).bot(PAINTER, painter());
    const transcript = await scene.ask(outfit, [ME]);
    assert.equal(
        String(transcript),
        String.raw`text {"text":"A red "}
text {"text":"shirt. "}
text {"text":"\n\nGenerating an example image..."}
file {"url":"https://files.test/1","content_type":"application/octet-stream","name":"top.png","inline_ref":"ref00001"}
text {"text":"\n\nHere's an image of the recommended top![new_top][ref00001]"}
done {}
`,
    );
    assert.equal(transcript.uploads[0].fromUrl, "https://painter.test/top.png");
    const [advised, painted] = transcript.asked;
    assert.deepEqual(advised.messages, [ME.with({ content: TASK })]);
    const wanted = "Please create an image of a A red shirt. only. White background.";
    assert.deepEqual(painted.messages, [ME.with({ content: wanted })]);
});

test("the newest image of a person counts", async () => {
    const image = attached("b.png", "image/png");
    const [notes, other] = [attached("notes.txt", "text/plain"), attached("c.png", "image/png")];
    const bots = Message.bot("look", { attachments: [attached("bots.png", "image/png")] });
    const conversation = [ME, message("two", notes, image, other), bots, message("and now?")];
    const scene = new Scene().bot(ADVISER, "A hat").bot(PAINTER, painter());
    const [advised, painted] = (await scene.ask(outfit, conversation)).asked;
    // It goes along with the question, although the last message has no file.
    assert.deepEqual(advised.messages[0].attachments, [image]);
    // The painter knows the conversation.
    assert.deepEqual(painted.messages.slice(0, 3), conversation.slice(0, 3));
});

test("no image is told so", async () => {
    const notes = message("hi", attached("notes.txt", "text/plain"));
    for (const query of [Query.of("hi"), new Query(), Query.of([notes])]) {
        const { text, asked } = await new Scene().ask(outfit, query);
        assert.ok(text.startsWith("Please attach an image"));
        assert.deepEqual(asked, []);
    }
});

test("a replaced recommendation is the one that is painted", async () => {
    const adviser = new Script("Thinking").event(events.replace("A hat"));
    const { text, asked } = await new Scene().bot(ADVISER, adviser).bot(PAINTER, painter()).ask(outfit, [ME]);
    assert.ok(text.startsWith("A hat\n\nGenerating"), text);
    assert.match(asked[1].messages[0].content, / a A hat only/);
});

test("nothing recommended or painted may be retried", async () => {
    const quiet = await new Scene().bot(ADVISER, new Script(" \n")).ask(outfit, [ME]);
    assert.deepEqual(quiet.failure, new Failure("I was unable to get a clothing recommendation from Claude."));
    assert.equal(quiet.asked.length, 1);
    const blind = await new Scene().bot(ADVISER, "A hat").bot(PAINTER, "I cannot.").ask(outfit, [ME]);
    assert.deepEqual(blind.failure, new Failure("The Imagen3-Fast bot did not return an image of the top."));
    assert.equal(blind.text, "A hat\n\nGenerating an example image...");
});

test("a bot that fails at either step ends the reply", async () => {
    const refused = new Script("A").fail(new Failure("Out of words.", { allowRetry: false }));
    const broken = new Script("A").breaks(new PoeError("broken"));
    for (const [script, retry] of [
        [refused, false],
        [broken, true],
    ]) {
        const first = new Scene().bot(ADVISER, script);
        const second = new Scene().bot(ADVISER, "A hat").bot(PAINTER, script);
        for (const [questions, scene] of [
            [1, first],
            [2, second],
        ]) {
            const { failure, asked, uploads } = await scene.ask(outfit, [ME]);
            assert.equal(failure.allowRetry, retry);
            assert.deepEqual([asked.length, uploads], [questions, []]);
        }
    }
});

test("the settings allow files and declare both bots", () => {
    const settings = outfit.settings();
    assert.equal(settings.allowAttachments, true);
    assert.deepEqual(settings.serverBotDependencies, { [ADVISER]: 1, [PAINTER]: 1 });
});
