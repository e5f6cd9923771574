/**
 * A bot without WebAssembly: asks it, and keeps what it says.
 *
 * For tests on the machine that the bot is written on. The reader here keeps the rules of the gateway: it counts
 * characters and events, refuses what the gateway would refuse, and takes nothing after the end. Waiting takes no time:
 * timers go by a clock that is put forward, and so do `Date` and `performance.now`.
 *
 *     import assert from "node:assert/strict";
 *     import { bot, sleep } from "ravenry";
 *     import { ask } from "ravenry/testing";
 *
 *     const slow = bot({
 *         async respond(query, reply) {
 *             reply.replace("Thinking…");
 *             await sleep(60_000);
 *             reply.replace(query.lastText.toUpperCase());
 *         },
 *     });
 *
 *     const transcript = await ask(slow, "hi");
 *     assert.equal(transcript.text, "HI");
 *     assert.equal(transcript.took, 60_000);
 *     // A golden of the whole reply.
 *     assert.equal(
 *         String(transcript),
 *         'replace_response {"text":"Thinking…"}\nwait 60s\nreplace_response {"text":"HI"}\ndone {}\n',
 *     );
 *
 * What surrounds a query is a `Scene`: other bots as a `Script` each, the web as an `Upstream` each, attached files, a
 * `Store` with what the bot remembers, `Knowledge` with its documents, config, a budget, headers, bounds. The
 * `Transcript` has what each of them was asked, and what is remembered and known after.
 *
 * While a scene is played, its timers, `Date`, `performance.now` and `fetch` are those of the whole process; scenes
 * that are begun at once are played one after the other.
 */

import type { Bot } from "../bot.js";
import { Scene, type Question } from "./scene.js";
import type { Transcript } from "./transcript.js";

export { Knowledge } from "./knowledge.js";
export type { Charge, Upload } from "./played_world.js";
export { Scene, type Question, type SceneOptions } from "./scene.js";
export { Asked, Script, type Answering, type Answers } from "./script.js";
export { Store } from "./store.js";
export { Transcript } from "./transcript.js";
export { PlayedRequest, Upstream, type Upstreaming } from "./upstream.js";

/**
 * Asks a bot and says what it said.
 *
 * The query is a text, messages, or a whole `Query`. For other bots, the web, headers and bounds, see `Scene`.
 */
export function ask(bot: Bot, question: Question): Promise<Transcript> {
    return new Scene().ask(bot, question);
}
