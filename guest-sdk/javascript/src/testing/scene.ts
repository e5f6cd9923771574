/** What surrounds a query in a test. */

import { finish, outcomeOf } from "../answer_query.js";
import { useBackend } from "../backend.js";
import { checked, type Bot, type Feedback, type Reaction } from "../bot.js";
import { prepare, useQuery } from "../current_query.js";
import { Query, type Message } from "../query.js";
import { Reply } from "../reply.js";
import { checkedSettings } from "../settings.js";
import { Clock } from "./clock.js";
import { drive } from "./drive.js";
import { install } from "./globals.js";
import { Knowledge } from "./knowledge.js";
import { Owners, type Person } from "./owners.js";
import { PlayedWorld, type Received } from "./played_world.js";
import { Recorder } from "./recorder.js";
import { PlayedBots, type Answering, type Answers } from "./script.js";
import { Store } from "./store.js";
import { Transcript } from "./transcript.js";
import { PlayedWeb, type Upstream, type Upstreaming } from "./upstream.js";

/** What may be asked: a text, the messages of a conversation, or a whole query. */
export type Question = string | Iterable<Message> | Query;

/** What a scene may begin with. */
export interface SceneOptions {
    /** What `request.raw` answers. */
    raw?: string;
    /** What `request.headers` answers. */
    headers?: Record<string, string> | Iterable<readonly [string, string]>;
    /** What `request.reference` answers. */
    reference?: string;
    /** The bot's config, for `env`. */
    env?: Record<string, string>;
    /** Characters that a reply may hold; as in the gateway by default. */
    charactersMax?: number;
    /** Events that a reply may hold; as in the gateway by default. */
    eventsMax?: number;
    /**
     * The reader leaves after this many events, and the next one throws `Stopped` (`gone`). By default the reader
     * stays. The gateway mostly discards an instance whose reader has left before it can say anything more; this shows
     * what a bot does where it still runs.
     */
    leavesAfter?: number | null;
    /** What the person can pay, in thousandths of a US cent; more than enough by default. */
    budget?: number;
    /** What the bot remembers when it is asked: nothing by default. */
    store?: Store;
    /** What the bot knows when it is asked: nothing by default. */
    knowledge?: Knowledge;
}

/** What a call is made in. */
interface Played {
    clock: Clock;
    world: PlayedWorld;
    web: PlayedWeb;
}

/** One scene at a time: each has the globals to itself. */
let last: Promise<unknown> = Promise.resolve();

/**
 * What surrounds a query, for tests that need more than `ask`.
 *
 *     const scene = new Scene({ headers: { "user-agent": "a test" } }).bot("Claude", "Hello.");
 *     assert.equal((await scene.ask(browser, "Who am I?")).text, "a test");
 *
 * It can be asked many times, and begins anew each time.
 */
export class Scene {
    readonly #options: SceneOptions;
    readonly #received: Received;
    readonly #bots = new PlayedBots();
    readonly #upstreams = new Map<string, Upstreaming>();
    readonly #attachments = new Map<string, Uint8Array>();

    constructor(options: SceneOptions = {}) {
        const { raw = "{}", headers = {}, reference = "test", env = {} } = options;
        const pairs = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
        this.#options = options;
        this.#received = { raw, headers: pairs.map(([name, value]) => [name, value]), reference, env };
    }

    /**
     * Adds answers of another bot, one for each time that it is asked: a text, a `Script`, or a `Failure`. A function
     * is given what was asked (`Asked`), and makes all answers.
     *
     * A bot that is asked more often than it has answers is `broken`; so is one that the scene does not have. As in the
     * gateway, a bot that the settings do not declare is `denied`.
     */
    bot(name: string, ...answers: (Answers | Answering)[]): this {
        for (const answer of answers) this.#bots.add(name, answer);
        return this;
    }

    /**
     * Adds a part of the web: an answer to requests whose URL begins like this, or a function that is given what was
     * sent (`PlayedRequest`) and makes it. The longest beginning wins; where there is none, the request is `denied`.
     */
    upstream(urlStart: string, answer: Upstream | Upstreaming): this {
        this.#upstreams.set(urlStart, typeof answer === "function" ? answer : () => answer);
        return this;
    }

    /**
     * Says what `Attachment.read` finds behind a URL. A URL of the query without bytes here is `broken`, like one that
     * has expired.
     */
    attachment(url: string, content: Uint8Array | string): this {
        this.#attachments.set(url, typeof content === "string" ? new TextEncoder().encode(content) : content);
        return this;
    }

    /** Asks a bot and says what it said. */
    async ask(bot: Bot, question: Question): Promise<Transcript> {
        const made = checked(bot);
        const asked = question instanceof Query ? question : Query.of(question);
        const owners = this.#owners({ userId: asked.userId, conversationId: asked.conversationId });
        const settings = await this.#play(new Owners(owners.store, owners.knowledge), ({ clock }) =>
            settingsOf(made, clock),
        );
        return this.#play(owners, async ({ clock, world, web }) => {
            const { charactersMax = 512_000, eventsMax = 10_000, leavesAfter = null } = this.#options;
            const recorder = new Recorder(clock, { charactersMax, eventsMax, leavesAfter });
            world.recorder = recorder;
            world.callsLeft = settings;
            world.attached = new Set(attachedTo(asked));
            const reply = new Reply();
            const prepared = prepare(asked, made.insertsAttachments ?? true);
            const log: string[] = [];
            const outcome = await drive(clock, () => finish(made.respond(prepared, reply), reply));
            recorder.end("error" in outcome ? outcomeOf(outcome.error, (record) => void log.push(record)) : null);
            const error = "error" in outcome ? outcome.error : undefined;
            const { events, times, refused } = recorder;
            const { asked: others, uploads, charges } = world;
            const { store, knowledge } = owners;
            const said = { events, times, refused, error, log, took: clock.now };
            return new Transcript({
                ...said,
                asked: others,
                uploads,
                charges,
                requests: web.requests,
                store,
                knowledge,
            });
        });
    }

    /** Tells a bot of a like or dislike, and says what it remembers then. */
    async feedback(bot: Bot, feedback: Partial<Feedback>): Promise<Store> {
        const report = { messageId: "", userId: "", conversationId: "", feedbackType: "like", ...feedback };
        return this.during(() => bot.onFeedback?.(report), report);
    }

    /** Tells a bot of a reaction, and says what it remembers then. */
    async reaction(bot: Bot, reaction: Partial<Reaction>): Promise<Store> {
        const report = { messageId: "", userId: "", conversationId: "", reaction: "like", ...reaction };
        return this.during(() => bot.onReaction?.(report), report);
    }

    /**
     * Runs other functions of a bot, such as `settings`, with this request and a clock at zero, and says what it
     * remembers then. Where nobody is named, only `store.bot()` and `knowledge.bot()` are there.
     */
    async during(call: () => unknown, person: Person = {}): Promise<Store> {
        const owners = this.#owners(person);
        await this.#play(owners, async ({ clock }) => {
            const outcome = await drive(clock, call);
            if ("error" in outcome) throw outcome.error;
        });
        return owners.store;
    }

    #owners(person: Person): Owners {
        const { store = new Store(), knowledge = new Knowledge() } = this.#options;
        return new Owners(store.copy(), knowledge.copy(), person);
    }

    /** Plays the scene from its beginning, after those that others play. */
    async #play<T>(owners: Owners, call: (played: Played) => Promise<T>): Promise<T> {
        const before = last;
        let done = (): void => undefined;
        last = new Promise<void>((resolve) => (done = resolve));
        await before;
        const clock = new Clock();
        const web = new PlayedWeb(clock, this.#upstreams);
        const { budget = Number.MAX_SAFE_INTEGER } = this.#options;
        const around = {
            clock,
            received: this.#received,
            bots: this.#bots,
            owners,
            attachments: this.#attachments,
            budget,
        };
        const world = new PlayedWorld(around);
        const restore = install(clock, web.fetch as typeof fetch);
        const [backend, query] = [useBackend(world), useQuery({ inserted: null, messages: [] })];
        try {
            return await call({ clock, world, web });
        } finally {
            useQuery(query);
            useBackend(backend);
            restore();
            done();
        }
    }
}

/** How often the bot may ask others. */
async function settingsOf(bot: Bot, clock: Clock): Promise<Map<string, number>> {
    const outcome = await drive(clock, () => bot.settings?.() ?? {});
    if ("error" in outcome) throw outcome.error;
    return new Map(checkedSettings(outcome.value).serverBotDependencies);
}

/** The URLs of all files that the conversation brings, those of quoted messages too. */
function* attachedTo({ messages }: Query): Generator<string, undefined> {
    for (const message of messages) {
        for (let one: Message | null = message; one !== null; one = one.referencedMessage) {
            for (const { url } of one.attachments) yield url;
        }
    }
    return undefined;
}
