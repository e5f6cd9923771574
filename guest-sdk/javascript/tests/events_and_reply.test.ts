// Every event as it goes over the wire, and what makes no sense as one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { events, Failure, type Reply } from "../src/index.js";
import { ask, Scene } from "../src/testing/index.js";

async function told(tell: (reply: Reply) => void): Promise<string> {
    return String(await ask({ respond: (_, reply) => tell(reply) }, "hi"));
}

test("every event has its name and its members", async () => {
    const said = await told((reply) => {
        reply.meta({ contentType: "text/plain", linkify: false });
        reply.text("naïve 🐈\n");
        reply.text("second", { index: 2 });
        reply.replace("instead");
        reply.replace("", { index: 2 });
        reply.file({ url: "https://example.com/c.png", contentType: "image/png", name: "c.png", inlineRef: "c1" });
        reply.data("remember me");
        reply.json({ choices: [{ delta: { content: "é" } }] });
        reply.event("brand_new", { n: 1, big: 2n ** 63n });
        reply.suggest("And then?");
    });
    assert.equal(
        said,
        `meta {"content_type":"text/plain","linkify":false}
text {"text":"naïve 🐈\\n"}
text {"text":"second","index":2}
replace_response {"text":"instead"}
replace_response {"text":"","index":2}
file {"url":"https://example.com/c.png","content_type":"image/png","name":"c.png","inline_ref":"c1"}
data {"metadata":"remember me"}
json {"choices":[{"delta":{"content":"é"}}]}
brand_new {"n":1,"big":9223372036854775808}
suggested_reply {"text":"And then?"}
done {}
`,
    );
});

test("half of a surrogate pair is said as U+FFFD", async () => {
    const said = await told((reply) => {
        reply.text("pair 😀, half \ud83d");
        reply.json({ half: "\ude00", backslash: "\\ud83d" });
    });
    assert.equal(
        said,
        'text {"text":"pair 😀, half \ufffd"}\njson {"half":"\ufffd","backslash":"\\\\ud83d"}\ndone {}\n',
    );
});

test("events that make no sense are type errors, and the reply goes on", async () => {
    const wrong: [(reply: Reply) => void, RegExp][] = [
        [(reply) => reply.text(undefined as never), /a text is a string, not undefined/],
        [(reply) => reply.text("a", { index: -1 }), /`index` should be a number from 0/],
        [(reply) => reply.json([] as never), /should be a JSON object, but is an array/],
        [(reply) => reply.json({ x: "y".repeat(300_000) }), /are the most/],
        [(reply) => reply.event("done", {}), /belongs to the gateway/],
        [(reply) => reply.event("Bad Name", {}), /consists of/],
        [(reply) => reply.meta({ linkify: "yes" as never }), /`linkify` is `true` or `false`, not "yes"/],
        [(reply) => reply.meta({ contentType: "text/html" }), /should be `text\/markdown` or `text\/plain`/],
        [(reply) => reply.file({ url: "u", contentType: 7 as never, name: "n" }), /a text is a string, not 7/],
        [(reply) => reply.error(new Error("no failure") as never), /an error is a `Failure`/],
        [(reply) => reply.attach("n", 7 as never), /a file is bytes/],
    ];
    const said = await told((reply) => {
        for (const [tell, why] of wrong)
            assert.throws(
                () => tell(reply),
                (error) => error instanceof TypeError && why.test(error.message),
            );
        reply.text("still here");
    });
    assert.equal(said, 'text {"text":"still here"}\ndone {}\n');
});

test("an error ends the reply", async () => {
    const transcript = await ask(
        {
            respond(_, reply) {
                reply.error(new Failure("Enough."));
                reply.text("unheard");
            },
        },
        "hi",
    );
    assert.equal(String(transcript), 'error {"text":"Enough.","allow_retry":true}\ndone {}\n');
});

test("a reply is bounded", async () => {
    const flood = {
        respond: (_: unknown, reply: Reply): void => void Array.from({ length: 9 }, () => reply.text("😀".repeat(100))),
    };
    const { text, refused } = await new Scene({ charactersMax: 250 }).ask(flood, "hi");
    assert.deepEqual(
        [text.length, refused.map(({ message }) => message)],
        [400, ["the reply would be longer than it may be"]],
    );
    assert.equal((await new Scene({ eventsMax: 3 }).ask(flood, "hi")).events.length, 3);
});

test("a later meta and hidden data of another bot are passed over", async () => {
    const said = await told((reply) => {
        reply.passOn(events.meta({ linkify: true }));
        reply.passOn(events.text("a"));
        reply.passOn(events.meta({ linkify: false }));
        reply.passOn(events.data("theirs"));
    });
    assert.equal(said, 'meta {"linkify":true}\ntext {"text":"a"}\ndone {}\n');
});
