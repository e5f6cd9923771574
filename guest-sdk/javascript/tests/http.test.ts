// Events of a stream, errors of statuses, and the web that a test plays.

import assert from "node:assert/strict";
import { test } from "node:test";
import { http, HttpError, type Query, type Reply } from "../src/index.js";
import { located, targetOf } from "../src/web/target.js";
import { Scene, Upstream } from "../src/testing/index.js";

const URL_ = "https://api.test/x";

function asks(respond: (reply: Reply) => Promise<void>): { respond(query: Query, reply: Reply): Promise<void> } {
    return { respond: (_, reply) => respond(reply) };
}

test("events come as they are sent", async () => {
    const answer = new Upstream()
        .body("event: a\nid: 1\nda")
        .wait(100)
        .body("ta: é\ndata: two\n\n: comment\n\ndata: last\n\ndata: unfinished");
    const { timed } = await new Scene().upstream(URL_, answer).ask(
        asks(async (reply) => {
            for await (const event of http.events(await fetch(URL_))) reply.text(JSON.stringify(event));
        }),
        "hi",
    );
    assert.deepEqual(
        timed.map(([at, event]) => [at, "text" in event && event.text]),
        [
            [100, '{"event":"a","data":"é\\ntwo","id":"1"}'],
            [100, '{"event":"message","data":"last","id":""}'],
        ],
    );
});

test("an error status has what the host wrote", async () => {
    const answer = Upstream.text("busy ".repeat(2_000), 429).header("retry-after", "7");
    const { error, failure } = await new Scene().upstream(URL_, answer).ask(
        asks(async () => void (await http.checked(await fetch(URL_)))),
        "hi",
    );
    const { kind, status, body, retryAfterSeconds } = error as HttpError;
    assert.deepEqual(
        [kind, status, body.length, retryAfterSeconds, failure?.allowRetry],
        ["status", 429, 4_096, 7, true],
    );
});

test("a host that is not named is denied", async () => {
    const { error, requests } = await new Scene().ask(
        asks(async () => void (await fetch("https://else.test:8443/a"))),
        "hi",
    );
    assert.ok(error instanceof TypeError);
    assert.match(error.message, /allowed_outbound_hosts = \["https:\/\/else\.test:8443"\]/);
    assert.equal(requests.length, 1);
});

test("a signal ends a request, before and within its answer", async () => {
    const scene = new Scene().upstream(URL_, new Upstream().wait(1_000).body("a").wait(1_000).body("b"));
    const { text, took } = await scene.ask(
        asks(async (reply) => {
            await fetch(URL_, { signal: AbortSignal.timeout(500) }).catch((error: Error) =>
                reply.text(`${error.name} `),
            );
            const controller = new AbortController();
            const response = await fetch(URL_, { signal: controller.signal });
            setTimeout(() => controller.abort(new Error("mine")), 500);
            await response.text().catch((error: Error) => reply.text(error.message));
        }),
        "hi",
    );
    assert.deepEqual([text, took], ["TimeoutError mine", 2_000]);
});

test("URLs are taken apart as the gateway wants them", () => {
    assert.deepEqual(targetOf('HTTPS://Example.com:8443/ä b?q="1"#f'), {
        scheme: "https",
        authority: "example.com:8443",
        path: "/%C3%A4%20b?q=%221%22",
        origin: "https://example.com:8443",
    });
    assert.equal(targetOf("http://a.test?x").path, "/?x");
    for (const url of ["ftp://a", "nonsense", "https://", "https://u:p@a.test/", "https://ä.test"])
        assert.throws(() => targetOf(url), { kind: "invalid" });
    const base = "https://a.test/b/c?d";
    assert.deepEqual(
        ["/x", "x", "//b.test/x", "http://c.test"].map((location) => located(location, base)),
        ["https://a.test/x", "https://a.test/b/x", "https://b.test/x", "http://c.test"],
    );
});
