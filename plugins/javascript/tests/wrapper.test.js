// What the model is asked, what becomes of its answer, and what may go wrong on the way.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpError, Message } from "ravenry";
import { Scene, Upstream } from "ravenry/testing";
import wrapper from "../wrapper.js";

const OPENAI = "https://api.openai.com/v1";
const ENV = { OPENAI_API_KEY: "placeholder" };

function chunk(text, reason = null) {
    return JSON.stringify({ choices: [{ index: 0, delta: { content: text }, finish_reason: reason }] });
}

/** An answer with everything that a real one has beside its words. */
function whole() {
    const role = JSON.stringify({ choices: [{ delta: { role: "assistant", content: "" } }] });
    const end = '{"choices": [{"delta": {}, "finish_reason": "stop"}]}';
    const usage = '{"choices": [], "usage": {"total_tokens": 3}}';
    return Upstream.events([role, chunk("Hel"), chunk("lo"), end, usage, "[DONE]"]);
}

/** What is said with a model that answers so. */
function asked(answer, ...query) {
    return new Scene({ env: ENV }).upstream(OPENAI, answer).ask(wrapper, query.length === 0 ? "hi" : query);
}

test("the words come as the model says them", async () => {
    assert.equal(String(await asked(whole())), 'text {"text":"Hel"}\ntext {"text":"lo"}\ndone {}\n');
});

test("a reason to finish is an end and an empty one is none", async () => {
    for (const reason of ["stop", "length", ""]) {
        const { text, failure } = await asked(Upstream.events([chunk("Hel"), chunk("lo", reason)]));
        assert.equal(text, "Hello");
        assert.equal(failure === null, reason !== "", reason);
    }
});

test("five messages are sent and of each fifty characters", async () => {
    const talk = [0, 1, 2, 3].map((number) => Message.user(String(number)));
    talk.push(Message.bot("meow"), Message.system("be brief"), Message.user("🐱".repeat(60)));
    const [request] = (await asked(whole(), ...talk)).requests;
    assert.equal(request.url, `${OPENAI}/chat/completions`);
    assert.equal(request.headers.get("authorization"), "Bearer placeholder");
    assert.deepEqual(request.json(), {
        model: "gpt-4o-mini",
        messages: [
            { role: "user", content: "2" },
            { role: "user", content: "3" },
            { role: "assistant", content: "meow" },
            { role: "system", content: "be brief" },
            { role: "user", content: "🐱".repeat(50) },
        ],
        temperature: 1.0,
        max_tokens: 50,
        stream: true,
    });
});

test("a role of the future is left out", async () => {
    const [request] = (await asked(whole(), new Message({ role: "ghost", content: "boo" }), Message.user("hi")))
        .requests;
    assert.deepEqual(request.json().messages, [{ role: "user", content: "hi" }]);
});

test("another API may be named", async () => {
    const env = { ...ENV, OPENAI_BASE_URL: "http://llama.test/v1/", OPENAI_MODEL: "llama" };
    const scene = new Scene({ env }).upstream("http://llama.test/v1/chat/completions", whole());
    const { text, requests } = await scene.ask(wrapper, "hi");
    assert.equal(text, "Hello");
    assert.equal(requests[0].json().model, "llama");
});

test("without a key nobody is asked and the operator is told", async () => {
    const { requests, failure } = await new Scene().ask(wrapper, "hi");
    assert.deepEqual(requests, []);
    assert.match(failure.text, /OPENAI_API_KEY/);
    assert.equal(failure.allowRetry, false);
});

test("what goes wrong is told", async () => {
    const cut = new HttpError("broken", "cut");
    const gaveUp = JSON.stringify({ error: { message: "overloaded" } });
    const html = new Upstream(200).header("content-type", "text/html").body("<h1>Login</h1>\n\n");
    const rows = [
        ["no key", new Upstream(401), "", false],
        ["too many", new Upstream(429), "", true],
        ["down", new Upstream(500), "", true],
        ["unreachable", Upstream.unreachable(cut), "", true],
        ["a page", html, "", true],
        ["no words", Upstream.events([]), "", true],
        ["no JSON", Upstream.events(["{"]), "", true],
        ["no object", Upstream.events(["[1]", "7", "null"]), "", true],
        ["cut", Upstream.events([chunk("Hel")]).breaks(cut), "Hel", true],
        ["short", Upstream.events([chunk("Hel")]), "Hel", true],
        ["gave up", Upstream.events([chunk("Hel"), gaveUp]), "Hel", true],
    ];
    for (const [what, answer, said, retry] of rows) {
        const { text, failure } = await asked(answer);
        assert.deepEqual([text, failure?.allowRetry], [said, retry], what);
    }
});
