/**
 * What a bot asks of the platform while it answers: other bots, files, and money.
 *
 * The gateway makes these calls with the bot's own access key, which the bot never sees.
 *
 *     for await (const event of poe.ask("Claude-3-Haiku", { temperature: 0 })) {
 *         if (event.type === "text") reply.text(event.text.toUpperCase());
 *     }
 *
 * - `ask` asks another bot; its `Answer` is what comes back, event by event or all at once. `Answer.relay` hands it to
 *   the reader without passing through the bot.
 * - `merge` reads several answers as they come.
 * - `Reply.attach` and `Reply.attachUrl` upload files; `Attachment.read` reads those of a person.
 * - `authorize` and `capture` charge the person.
 *
 * All of it belongs to `respond`: in `settings` and the reports every function throws `PoeError` (`denied`).
 *
 * **Bounds.** A question may have 16 MiB. At most 8 answers can be open at once, across them at most as many as the
 * settings declare. A file may have 50 MB, a reply 20 files.
 *
 * **Time.** Waiting costs no computing time. An upstream that sends nothing at all for 120 s counts as broken.
 */

import { Answer } from "./answer.js";
import { backend, type BillItem } from "./backend.js";
import { queryAtHand } from "./current_query.js";
import { PoeError } from "./failure.js";
import { stringify, type Members } from "./json.js";
import type { Message } from "./query.js";
import { maybeWhole, shown, whole } from "./text.js";

export { Answer } from "./answer.js";
export { merge, type Merged, type Outcome } from "./merge.js";
export { PoeError, type PoeErrorKind } from "./failure.js";

/** What differs from the query at hand. */
export interface Question {
    /** The conversation to answer: that of the query at hand where it is left out. */
    messages?: Iterable<Message> | null;
    /** A hint for language models: 0 or more. */
    temperature?: number;
    /** A hint: leave out the bot's own system prompt. */
    skipSystemPrompt?: boolean;
    /** A hint for language models: token to bias, from -100 to 100. */
    logitBias?: Record<string, number>;
    /** A hint: stop generating at any of these texts. */
    stopSequences?: string[];
    /** Tools that a model may call; see `tools`. */
    tools?: readonly unknown[];
    /** Tool calls made so far. */
    toolCalls?: readonly unknown[];
    /** Results of those tool calls. */
    toolResults?: readonly unknown[];
    /** Further members of the protocol's query, by the platform's names: they win over those above. */
    body?: Members;
}

/** The platform's names for members of a question. */
const NAMES: Record<string, string> = {
    temperature: "temperature",
    skipSystemPrompt: "skip_system_prompt",
    logitBias: "logit_bias",
    stopSequences: "stop_sequences",
    tools: "tools",
    toolCalls: "tool_calls",
    toolResults: "tool_results",
};

/**
 * Asks another bot of the platform: the very same conversation, unless `messages` says otherwise.
 *
 * Returns at once; the answer tells how it went. `bot` is the name that the platform knows. It must be declared in
 * `serverBotDependencies` of this bot's settings, with at least as many calls as one reply makes; each call of this
 * function counts as one, whatever becomes of it.
 *
 * Who asks, the conversation and its hints are taken over from the query at hand. `version`, `type`, keys and the
 * identifiers of message, user and conversation cannot be overridden.
 *
 * Until the first event has come, the gateway repeats a failed attempt once; later ones never.
 *
 * Throws `PoeError`: `denied` where the bot is not declared, or not often enough; `invalid` and `too-large` where the
 * question is at fault. `TypeError` where the question has a member that there is none of.
 */
export function ask(bot: string, question: Question = {}): Answer {
    const { messages = null, body = {}, ...hints } = question;
    const asked: Members = {};
    for (const [member, value] of Object.entries(hints)) {
        const name = Object.hasOwn(NAMES, member) ? NAMES[member] : undefined;
        if (name === undefined)
            throw new TypeError(`a question has no member ${shown(member)}; what the platform adds goes into \`body\``);
        if (value !== undefined && value !== null) asked[name] = value;
    }
    const conversation = messages ?? queryAtHand().inserted;
    if (conversation !== null) asked["query"] = Array.from(conversation, (message) => message.toJSON());
    return new Answer(whole(bot), backend().ask(bot, stringify({ ...asked, ...body })));
}

/** Milli-cents in a US dollar. */
const MILLI_CENTS_PER_USD = 100_000;

/**
 * One position of a bill.
 *
 * The amount is in thousandths of a US cent: 100,000 make a dollar. A fraction is rounded up. An amount that is
 * negative, infinite or not a number, or that is beyond 2^53, is refused with `PoeError` (`invalid`).
 */
export class CostItem {
    /** Thousandths of a US cent. */
    readonly usdMilliCents: number;
    /** What it is for, as the person reads it. */
    readonly description: string | null;

    constructor(usdMilliCents: number, description: string | null = null) {
        const amount = Math.ceil(usdMilliCents);
        if (typeof usdMilliCents !== "number" || !Number.isSafeInteger(amount) || usdMilliCents < 0) {
            throw new PoeError(
                "invalid",
                `a cost is a number of milli-cents of at least 0, not ${shown(usdMilliCents)}`,
            );
        }
        this.usdMilliCents = amount;
        this.description = maybeWhole(description);
    }

    /**
     * This many US dollars, rounded up to the next thousandth of a cent.
     *
     * An amount that is a whole number of milli-cents but for the rounding of floating point is that number: `usd(0.07)`
     * is 7,000, not 7,001.
     */
    static usd(amount: number, description: string | null = null): CostItem {
        const scaled = amount * MILLI_CENTS_PER_USD;
        if (typeof amount !== "number" || !(scaled >= 0 && scaled <= Number.MAX_SAFE_INTEGER)) {
            throw new PoeError("invalid", `a cost is a number of US dollars of at least 0, not ${shown(amount)}`);
        }
        const nearest = Math.round(scaled);
        // Four steps of floating point: what a product of two rounded numbers can be off, doubled.
        const isWhole = Math.abs(scaled - nearest) <= nearest * 4 * Number.EPSILON;
        return new CostItem(isWhole ? nearest : Math.ceil(scaled), description);
    }
}

/**
 * Reserves an amount that this reply will cost the person.
 *
 * What was authorized and not captured when the reply ends is reported in the log of the gateway. The cost of bots that
 * this one asks is not to be added: the platform charges it itself.
 *
 * Throws `PoeError`: `insufficient-fund` where the person cannot pay it, and uncaught, the platform says so; `denied`
 * where the query cannot be charged.
 */
export function authorize(...items: CostItem[]): void {
    backend().authorize(billOf(items));
}

/**
 * Charges what the reply has really cost, at most what was authorized.
 *
 * Throws as `authorize` does. Never repeated by the gateway: after `broken`, it is unknown whether the person was
 * charged.
 */
export function capture(...items: CostItem[]): void {
    backend().capture(billOf(items));
}

function billOf(items: CostItem[]): BillItem[] {
    return items.map((item) => {
        if (!(item instanceof CostItem))
            throw new TypeError(`a bill has positions made with \`new poe.CostItem\`, not ${shown(item)}`);
        return { amount: item.usdMilliCents, description: item.description };
    });
}
