/**
 * Write a Ravenry bot in JavaScript or TypeScript: one object.
 *
 * A bot answers people on a chat platform. It is built as a WebAssembly component and runs inside the gateway's
 * sandbox; everything that it can say or ask goes through this package. The smallest one says back what it hears:
 *
 *     import { bot } from "ravenry";
 *
 *     export default bot({
 *         respond(query, reply) {
 *             reply.text(query.lastText);
 *         },
 *     });
 *
 * It is tested natively, without WebAssembly:
 *
 *     import { ask } from "ravenry/testing";
 *
 *     assert.equal((await ask(parrot, "hi")).text, "hi");
 *
 * The map:
 *
 * - `bot` makes an object the bot; `Bot` says what it can have.
 * - `Query` is what is asked: the conversation, its people, files and parameters.
 * - `Reply` is where the answer goes, event by event; `events` has them as objects.
 * - `Failure` is the polite way to give up; `Stopped` is why nothing more can be said. Both may stay uncaught, and so
 *   may `PoeError`, `HttpError`, `StoreError` and `KnowledgeError`.
 * - `Settings` say how the platform should treat the bot; `controls` are what a person can set beside the text field,
 *   and `lint` says what the platform would drop in silence.
 * - `poe` asks other bots and hands their answers on, charges.
 * - `tools` lets a language model use tools; `prompt` shapes conversations for one.
 * - `store` remembers: for the bot, for each person, for each conversation.
 * - `knowledge` finds the passages of the bot's documents that answer a question.
 * - `http` goes with `fetch`, which reaches the web within the hosts of the manifest.
 * - `request` has the request as it was received, for what the classes above leave out; `json` reads and writes what
 *   `JSON` cannot.
 * - `env` is the bot's config, `sleep` waits.
 *
 * The language is all there, and of what browsers have: promises, timers, `fetch` with `Headers`, `Request`, `Response`
 * and streams, `AbortController`, `URL`, `TextEncoder`, `TextDecoder`, `structuredClone`, `Event`, `EventTarget`,
 * `crypto.getRandomValues`, `crypto.randomUUID`, and `console`, which is the bot's log. The build says what is not.
 *
 * Every call gets a fresh instance: no global and no cache survives it. What must be remembered is in the query, which
 * carries the conversation, or goes into `store`. When a bot throws, what it said stays, and the person reads one
 * sentence with a reference to the log.
 */

export { bot, type Bot, type ErrorReport, type Feedback, type Reaction, type Said } from "./bot.js";
export { env } from "./env.js";
export {
    Failure,
    HttpError,
    KnowledgeError,
    PoeError,
    Stopped,
    StoreError,
    type FailureOptions,
    type StoppedReason,
} from "./failure.js";
export { lint } from "./lint.js";
export {
    Attachment,
    Message,
    Query,
    type MessageFeedback,
    type MessageMembers,
    type MessageReaction,
    type Sender,
    type User,
} from "./query.js";
export { Reply, type AttachOptions } from "./reply.js";
export type { Settings } from "./settings.js";
export { sleep } from "./sleep.js";
export type { Event, File, Meta } from "./events.js";

export * as controls from "./controls.js";
export * as events from "./events.js";
export * as http from "./http.js";
export * as json from "./json.js";
export * as knowledge from "./knowledge.js";
export * as poe from "./poe.js";
export * as prompt from "./prompt.js";
export * as request from "./request.js";
export * as store from "./store.js";
export * as tools from "./tools.js";
