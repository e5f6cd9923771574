// What people ask of a query, messages as the protocol writes them, and conversations for models.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Attachment, Message, prompt, Query, request } from "../src/index.js";
import { ask, Scene } from "../src/testing/index.js";

test("a query answers what is asked most", () => {
    const files = [new Attachment({ url: "https://files.test/a", name: "a" })];
    const last = Message.user("again", { parameters: { mood: "good", none: null }, attachments: files });
    const query = Query.of([Message.user("hi"), Message.bot("meow"), last]);
    assert.equal(query.lastText, "again");
    assert.equal(query.lastMessage, last);
    assert.deepEqual(
        query.history.map(({ content }) => content),
        ["hi", "meow"],
    );
    assert.deepEqual(query.attachments, files);
    assert.deepEqual(
        [query.parameter("mood"), query.parameter("none", 1), query.parameter("toString", "unset")],
        ["good", null, "unset"],
    );
    assert.equal(
        Query.of([Message.user("a"), new Message({ role: "tool", content: "[]" })]).lastUserMessage?.content,
        "a",
    );
    const empty = new Query();
    assert.deepEqual(
        [empty.lastMessage, empty.lastText, empty.attachments, empty.parameter("x", 1)],
        [null, "", [], 1],
    );
});

test("a message survives its JSON", () => {
    const message = new Message({
        role: "bot",
        content: "é",
        messageType: "function_call",
        timestamp: 1_678_299_819_427_621,
        messageId: "m",
        sender: { id: "s", name: null },
        feedback: [{ feedbackType: "like", reason: null }],
        attachments: [new Attachment({ url: "u", contentType: "image/png", name: "n", inlineRef: "r" })],
        parameters: { a: [1] },
        metadata: "d",
        referencedMessage: Message.user("quoted"),
        reactions: [{ userId: "u", reaction: "heart" }],
    });
    assert.deepEqual(Message.fromJSON(JSON.parse(JSON.stringify(message))), message);
    assert.deepEqual(Message.user("hi").toJSON(), { role: "user", content: "hi", content_type: "text/markdown" });
    assert.throws(() => Message.fromJSON({ role: "user" }), /member `content`/);
    assert.deepEqual(
        Message.fromJSON({ role: "user", content: "a", feedback: 7, sender: null, future: 1 }),
        Message.user("a"),
    );
});

test("the text of attached files is inserted before the last message, unless the bot reads them itself", async () => {
    const attachments = [
        new Attachment({ url: "1", contentType: "image/png", name: "i.png", parsedContent: "cat.png***a cat" }),
        new Attachment({ url: "2", contentType: "text/plain", name: "n.txt", parsedContent: "notes" }),
        new Attachment({ url: "3", contentType: "text/html", name: "https://a.test", parsedContent: "page" }),
        new Attachment({ url: "4", contentType: "audio/wav", name: "w", parsedContent: "sound" }),
    ];
    const query = Query.of([Message.user("before"), Message.user("look", { attachments })]);
    const counts = {
        respond: ({ messages }: Query, reply: { text(text: string): void }) =>
            reply.text(messages.map((one) => one.content.slice(0, 24)).join("|")),
    };
    assert.equal(
        (await ask(counts, query)).text,
        "before|Below is the content of |Assume you can access th|I have uploaded an image|look",
    );
    assert.equal((await ask({ ...counts, insertsAttachments: false }, query)).text, "before|look");
});

test("conversations are made fit for models", () => {
    const talk = [
        Message.user("a"),
        Message.user("b"),
        Message.bot("c"),
        Message.bot("[]", { messageType: "function_call" }),
    ];
    assert.deepEqual(
        prompt.alternateRoles(talk).map(({ content }) => content),
        ["a\n\nb", "c\n\n[]"],
    );
    assert.equal(talk[0]!.content, "a");
    assert.deepEqual(
        prompt.roleContent(talk).map(({ role }) => role),
        ["user", "user", "assistant"],
    );
    assert.deepEqual(
        [prompt.last(talk, 2).length, prompt.last(talk, 0).length, prompt.last(talk, 9).length],
        [2, 0, 4],
    );
});

test("a bot reads the request, and no secret of it", async () => {
    const headers: [string, string][] = [
        ["X-Test", "1"],
        ["x-test", "2"],
        ["Authorization", "Bearer x"],
    ];
    const scene = new Scene({ headers, raw: '{"a":1}', reference: "R" });
    const { text } = await scene.ask(
        {
            respond(_, reply) {
                reply.text(
                    JSON.stringify([
                        request.header("X-TEST"),
                        request.header("authorization"),
                        request.headers(),
                        request.raw(),
                        request.reference(),
                    ]),
                );
            },
        },
        "hi",
    );
    assert.equal(text, '["1, 2",null,[["x-test","1"],["x-test","2"]],"{\\"a\\":1}","R"]');
});

test("attachments are read within bounds", async () => {
    const files = ["there", "gone"].map((name) => new Attachment({ url: `https://files.test/${name}`, name }));
    const query = Query.of([Message.user("look", { attachments: files })]);
    const scene = new Scene().attachment("https://files.test/there", "bytes");
    const respond = (asked: Query, reply: { text(text: string): void }): void => {
        const [there, gone] = asked.attachments as [Attachment, Attachment];
        reply.text(new TextDecoder().decode(there.read()));
        const kinds = [
            () => there.read(3),
            () => gone.read(),
            () => new Attachment({ url: "https://else.test" }).read(),
        ].map((read) => {
            try {
                return read();
            } catch (error) {
                return (error as { kind: string }).kind;
            }
        });
        reply.text(` ${kinds.join(" ")}`);
    };
    assert.equal((await scene.ask({ respond }, query)).text, "bytes too-large broken denied");
});
