// Write a Ravenry bot in JavaScript: an object with `respond`, made the component's bot by `bot`.
//
//     import { bot } from "./ravenry.js";
//
//     export const handler = bot({
//         respond(query, reply) {
//             reply.text(query.lastText);
//             reply.suggest("Say it again");
//         },
//     });
//
// Types and documentation are in ravenry.d.ts. The engine is QuickJS: the language is all there, the
// browser and Node are not. What a bot needs of them is made here, from WASI: `console`, which is the
// bot's log, `Math.random`, `crypto`, `env`, which is its config, and `sleep`. Modules run once, when
// the component is built; every call of the gateway gets a fresh copy of that state.
//
// The interface itself can be imported as `ravenry:bot/reply`, `ravenry:bot/request` and
// `ravenry:bot/poe`. Lines that are not needed can go: the file is yours.

import gateway from "ravenry:bot/reply";
import environment from "wasi:cli/environment@0.2.12";
import stdout from "wasi:cli/stdout@0.2.12";
import stderr from "wasi:cli/stderr@0.2.12";
import clock from "wasi:clocks/monotonic-clock@0.2.12";
import random from "wasi:random/random@0.2.12";

// The same, with text that is UTF-8: half of a surrogate pair becomes U+FFFD.
const whole = (value) => {
    if (typeof value === "string") return value.toWellFormed();
    if (Array.isArray(value)) return value.map(whole);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(whole));
};

export class Failure extends Error {
    constructor(text = null, { allowRetry = true, errorType = null } = {}) {
        super(text ?? "the bot gives up");
        this.wit = whole({ text, allowRetry, errorType });
    }
}

export class Stopped extends Error {}

class Query {
    constructor(wit) {
        Object.assign(this, wit);
    }

    get lastMessage() {
        return this.messages.at(-1) ?? null;
    }

    get lastText() {
        return this.messages.at(-1)?.content ?? "";
    }

    get attachments() {
        return this.messages.at(-1)?.attachments ?? [];
    }

    parameter(name, otherwise = undefined) {
        const set = JSON.parse(this.messages.at(-1)?.parameters ?? "{}");
        return Object.hasOwn(set, name) ? set[name] : otherwise;
    }
}

export class Reply {
    text(text, { index = null } = {}) {
        index === null ? this.say("text", text) : this.say("textAt", index, text);
    }

    replace(text, { index = null } = {}) {
        index === null ? this.say("replace", text) : this.say("replaceAt", index, text);
    }

    suggest(text) {
        this.say("suggest", text);
    }

    meta(meta) {
        this.say("meta", meta);
    }

    file(file) {
        this.say("file", file);
    }

    data(metadata) {
        this.say("data", metadata);
    }

    json(value) {
        this.say("json", JSON.stringify(value));
    }

    event(name, value) {
        this.say("event", name, JSON.stringify(value));
    }

    say(name, ...values) {
        try {
            gateway[name](...whole(values));
        } catch (error) {
            // What is no refusal of the gateway is a mistake in the arguments.
            const refusal = error.payload;
            if (refusal?.tag === undefined) throw error;
            if (refusal.tag === "invalid") throw new TypeError(refusal.val);
            throw new Stopped(refusal.val ?? refusal.tag);
        }
    }
}

export function bot(made) {
    return {
        respond(wit) {
            try {
                tell(made, new Query(wit), new Reply());
            } catch (error) {
                if (error instanceof Failure) throw error.wit;
                if (!(error instanceof Stopped)) throw error;
            }
        },
        settings() {
            const settings = { ...made.settings?.() };
            settings.serverBotDependencies = Object.entries(settings.serverBotDependencies ?? {});
            for (const name of ["parameterControls", "extra"]) {
                if (settings[name] != null) settings[name] = JSON.stringify(settings[name]);
            }
            return whole(settings);
        },
        onFeedback(feedback) {
            made.onFeedback?.(feedback);
        },
        onReaction(reaction) {
            made.onReaction?.(reaction);
        },
        onError(report) {
            if (made.onError) made.onError(report);
            else console.warn("the platform reports", report);
        },
    };
}

export function tell(bot, query, reply) {
    const said = bot.respond(query, reply);
    if (typeof said?.then === "function") {
        throw new TypeError("`respond` must not be async: nothing would wait for it (see `sleep`)");
    }
    for (const text of said ?? []) reply.text(text);
}

export function sleep(milliseconds) {
    using ready = clock.subscribeDuration(Math.round(milliseconds * 1e6));
    ready.block();
}

export const env = new Proxy(Object.freeze({}), {
    get: (_, name) => environment.getEnvironment().find(([key]) => key === name)?.[1],
});

const show = (value) => {
    if (typeof value === "string") return value;
    if (value instanceof Error) return `${value}\n${value.stack}`;
    try {
        return JSON.stringify(value) ?? String(value);
    } catch {
        return String(value);
    }
};

const printer = (stream) => (...values) => {
    const line = `${values.map(show).join(" ")}\n`.toWellFormed();
    const bytes = Uint8Array.from(unescape(encodeURIComponent(line)), (byte) => byte.charCodeAt(0));
    using out = stream();
    // As much as WASI takes in one call.
    for (let at = 0; at < bytes.length; at += 4096) {
        out.blockingWriteAndFlush(bytes.subarray(at, at + 4096));
    }
};

const [print, complain] = [printer(stdout.getStdout), printer(stderr.getStderr)];
globalThis.console = {
    ...{ log: print, info: print, debug: print },
    ...{ warn: complain, error: complain, trace: complain },
};

// The engine's own generator was seeded when the component was built.
Math.random = () => {
    // 53 bits, as many as a number holds exactly.
    const [first, ...rest] = random.getRandomBytes(7);
    return rest.reduce((sum, byte) => sum * 256 + byte, first % 32) / 2 ** 53;
};

globalThis.crypto = {
    getRandomValues(array) {
        new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
            .set(random.getRandomBytes(array.byteLength));
        return array;
    },
};
