// Does one thing for each word, so that a test can see what the layer for JavaScript makes of it.

import poe from "ravenry:bot/poe";
import request from "ravenry:bot/request";
import { bot, env, Stopped } from "./ravenry.js";

const words = {
    events(query, reply) {
        reply.meta({ contentType: "text/plain", linkify: false });
        reply.text("naïve 🐈\n");
        reply.text("second", { index: 2 });
        reply.replace("instead");
        reply.replace("", { index: 2 });
        reply.file({ url: "https://example.com/c.png", contentType: "image/png", name: "c.png", inlineRef: "c1" });
        reply.data("remember me");
        reply.json({ choices: [{ delta: { content: "é" } }] });
        reply.event("brand_new", { n: 1 });
        reply.suggest("And then?");
    },
    config(query, reply) {
        reply.text(env.greeting);
    },
    query(query, reply) {
        const names = query.attachments.map((attachment) => attachment.name);
        const mood = [query.parameter("mood"), query.parameter("none", "unset")];
        reply.text(JSON.stringify([query.lastMessage.timestamp, names, mood]));
    },
    header(query, reply) {
        reply.text(request.header("X-Test"));
    },
    random(query, reply) {
        const bytes = crypto.getRandomValues(new Uint32Array(2));
        if (bytes.every((byte) => byte === 0)) throw new Error("not random");
        reply.text(String(Math.random()));
    },
    raise(query, reply) {
        reply.text("so far");
        throw new Error("nobody catches this");
    },
    mistake(query, reply) {
        try {
            reply.event("done", {});
        } catch (error) {
            if (error instanceof TypeError) reply.text(error.message);
        }
    },
    flood(query, reply) {
        for (;;) reply.text("x".repeat(100_000));
    },
    stopped(query, reply) {
        try {
            reply.text("x".repeat(1_000_000));
        } catch (error) {
            if (error instanceof Stopped) console.log("stopped:", error.message);
        }
    },
    *yield() {
        yield "one ";
        yield "two";
    },
    ask(query, reply) {
        using answer = poe.ask("GPT-4o", JSON.stringify({ temperature: 0.5 }));
        for (let events = answer.read(); events.length > 0; events = answer.read()) {
            for (const { name, text } of events) reply.text(`${name}: ${text}\n`);
        }
    },
    relay(query, reply) {
        using answer = poe.ask("GPT-4o", "{}");
        answer.relay();
    },
    denied(query, reply) {
        try {
            poe.ask("Nobody", "{}");
        } catch (error) {
            reply.text(error.payload.tag);
        }
    },
    half(query, reply) {
        reply.file({ url: "https://example.com/c", contentType: "text/plain", name: "n\ud83d", inlineRef: null });
        reply.text("pair \ud83d\ude00, half \ud83d");
        reply.json({ half: "\ude00" });
        console.log("half \ud83d");
    },
    print(query, reply) {
        console.log("héllo", { n: 1 });
        console.error("to the other stream");
        reply.text("printed");
    },
    async async(query, reply) {
        reply.text("never heard");
    },
};

export const handler = bot({
    respond: (query, reply) => words[query.lastText](query, reply),
    settings: () => ({
        serverBotDependencies: { "GPT-4o": 2 },
        allowAttachments: false,
        parameterControls: { sections: [{ controls: [{ control: "divider" }] }] },
        extra: { brand_new: true },
    }),
});
