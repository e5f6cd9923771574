/**
 * Why a bot gives up, and why others do not do what it asks.
 *
 * The kinds are kept apart. A `Failure` is the bot's own decision and is shown to the person. A `Stopped` comes
 * from the gateway, which knows already and shows what there is to show. `PoeError`, `HttpError`, `StoreError`
 * and `KnowledgeError` say what the platform, the web, the store or the documents refused. All of them may stay
 * uncaught: each then ends the reply well, in its own way.
 */

import { maybeWhole } from "./text.js";

/** Most characters of a failure's sentence that are shown. Longer ones are cut. */
export const TEXT_CHARACTERS_MAX = 4_096;

/** Most characters of a failure's word for programs that are sent. Longer ones are cut. */
export const ERROR_TYPE_CHARACTERS_MAX = 64;

/** What a `Failure` says besides its sentence. */
export interface FailureOptions {
    /** Whether trying the same again may help: the platform then offers it. `true` by default. */
    allowRetry?: boolean;
    /**
     * A word for programs: `user_message_too_long`, `insufficient_fund`, `user_caused_error`,
     * `privacy_authorization_error`. More may come.
     */
    errorType?: string | null;
}

/**
 * Why a bot cannot answer, as the person reads it.
 *
 * Thrown by a bot, it is the polite way to give up: what was said stays, and this is shown below it. Without a
 * text, the gateway finds a sentence. The text is cut at 4,096 characters, and counts towards the characters of
 * the reply.
 *
 *     throw new Failure("That is not a number.", { allowRetry: false });
 */
export class Failure extends Error {
    override readonly name = "Failure";
    /** What the person reads; `null`: the gateway finds a sentence. */
    readonly text: string | null;
    /** Whether trying the same again may help. */
    readonly allowRetry: boolean;
    /** A word for programs. */
    readonly errorType: string | null;

    constructor(text: string | null = null, { allowRetry = true, errorType = null }: FailureOptions = {}) {
        const said = maybeWhole(text);
        super(said ?? "the bot gave up without a word");
        this.text = said;
        this.allowRetry = Boolean(allowRetry);
        this.errorType = maybeWhole(errorType);
    }
}

/** Why an event was not accepted; see `Stopped.reason`. */
export type StoppedReason = "too-long" | "ended" | "gone" | "invalid" | "other";

const STOPPED_SENTENCES: Record<string, string> = {
    "too-long": "the reply would be longer than it may be",
    ended: "the reply is over",
    gone: "the client has left, or the gateway is stopping",
};

/**
 * Thrown by a `Reply` that takes nothing more.
 *
 * No fault of the bot. Uncaught, it ends `respond` quietly: the gateway has already told the person what there
 * is to tell.
 *
 * `reason` is one of:
 *
 * - `too-long`: the reply would pass the characters (512,000) or the events (10,000) that this bot may send;
 * - `ended`: the reply is over, because an error was said, or because this call is not `respond`;
 * - `gone`: the client has left, or the gateway is stopping; return soon;
 * - `invalid`: only within a `PoeError`, where what was handed on makes no sense (a `Reply` throws `TypeError`
 *   for this);
 * - `other`: a reason that this version has no word for.
 */
export class Stopped extends Error {
    override readonly name = "Stopped";

    constructor(
        /** Why. */
        readonly reason: StoppedReason,
        /** More about it, for `invalid` and `other`; otherwise empty. */
        readonly text = "",
    ) {
        super(reason === "invalid" ? `the event makes no sense: ${text}` : (STOPPED_SENTENCES[reason] ?? text));
    }
}

/** What a person reads where something that the bot needs is not there. */
const BUSY = "Something this bot relies on did not answer.";
/** What a person reads where the bot, or whoever mounted it, made a mistake. */
const UNABLE = "This bot could not do what it needs to answer.";

/** What went wrong with the platform; see `PoeError`. */
export type PoeErrorKind =
    | "denied"
    | "invalid"
    | "said"
    | "broken"
    | "insufficient-fund"
    | "too-large"
    | "stopped"
    | "other";

const POE_BEGINNINGS: Record<string, string> = {
    denied: "not allowed: ",
    invalid: "makes no sense: ",
    broken: "no answer: ",
    "too-large": "too large: ",
};

/** What is known of a `PoeError` besides its kind and its text. */
export interface PoeErrorOptions {
    /** What the other bot said. */
    said?: Failure | null;
    /** Why the reply refused. */
    stopped?: Stopped | null;
    /** The name of the bot that was asked. */
    bot?: string | null;
}

/**
 * Why something asked of the platform did not work.
 *
 * Uncaught, it ends `respond` well: the failure of another bot is shown as that bot said it; where the person
 * cannot pay, the platform says so; a `stopped` is quiet. The rest goes to the bot's log in full, and the person
 * reads one sentence.
 *
 * `kind` is one of:
 *
 * - `denied`: not allowed as things are; `text` says what to add, and where. Nothing was sent. A bot that the
 *   settings do not declare, or not often enough; a chain of bots that ask each other and has grown too long; an
 *   attachment that is not part of the query; no access key.
 * - `invalid`: what was asked makes no sense; `text` says why. Nothing was sent.
 * - `said`: the other bot ended its answer with the error `said`. What it said before stays valid.
 * - `broken`: the platform, or the other bot, could not be reached or did not keep to the protocol, and trying
 *   again is over. `text` says how, for the log; it holds no key.
 * - `insufficient-fund`: the person cannot pay for it.
 * - `too-large`: larger than may be: a file, an attachment, an answer.
 * - `stopped`: the reply to which something was to be handed has refused it, with `stopped`.
 * - `other`: a reason that this version has no word for. Do not depend on the text.
 */
export class PoeError extends Error {
    override readonly name = "PoeError";
    /** What the other bot said, where `kind` is `said`. */
    readonly said: Failure | null;
    /** Why the reply refused, where `kind` is `stopped`. */
    readonly stopped: Stopped | null;
    /** The name of the bot that was asked, where one was. */
    bot: string | null;

    constructor(
        /** What went wrong. */
        readonly kind: PoeErrorKind,
        /** More about it. */
        readonly text = "",
        { said = null, stopped = null, bot = null }: PoeErrorOptions = {},
    ) {
        const failure = said ?? (kind === "said" ? new Failure(text || null) : null);
        const refusal = stopped ?? (kind === "stopped" ? new Stopped("other", text) : null);
        super(poeMessage(kind, text, failure, refusal));
        this.said = failure;
        this.stopped = refusal;
        this.bot = bot;
    }

    /** What the person reads when nobody catches it; `null` where there is nothing to read. */
    get failure(): Failure | null {
        if (this.kind === "said") return this.said;
        if (this.kind === "stopped") {
            return this.stopped?.reason === "invalid" ? new Failure(null, { allowRetry: false }) : null;
        }
        // The empty text lets the platform find its own words, as with the reference library.
        if (this.kind === "insufficient-fund") return new Failure("", { errorType: "insufficient_fund" });
        if (this.kind === "broken") return new Failure(BUSY);
        if (this.kind === "too-large") return new Failure("That is too large for this bot.", { allowRetry: false });
        return new Failure(UNABLE, { allowRetry: false });
    }
}

function poeMessage(kind: PoeErrorKind, text: string, said: Failure | null, stopped: Stopped | null): string {
    if (said !== null) return `the other bot ended with an error: ${said.message}`;
    if (stopped !== null) return stopped.message;
    if (kind === "insufficient-fund") return "the person cannot pay for it";
    return (POE_BEGINNINGS[kind] ?? "") + text;
}

/** What went wrong with a request to the web; see `HttpError`. */
export type HttpErrorKind = "denied" | "invalid" | "broken" | "timeout" | "status" | "malformed";

/** What is known of an answer whose status is an error. */
export interface HttpErrorOptions {
    /** The status. */
    status?: number | null;
    /** What the host wrote, up to 4 KiB. */
    body?: string;
    /** What its header `Retry-After` says, where that is a number of seconds. */
    retryAfterSeconds?: number | null;
}

/**
 * Why a request to the web did not work: a `TypeError`, as `fetch` has it everywhere.
 *
 * Uncaught, it ends `respond`: the reason goes to the bot's log in full, and the person reads one sentence.
 * Nothing here holds a header of the request.
 *
 * `kind` is one of:
 *
 * - `denied`: the gateway does not let this bot reach that host; the message says what to add;
 * - `invalid`: the request makes no sense; the message says why. Nothing was sent;
 * - `broken`: the host could not be reached, broke off, or does not speak HTTP;
 * - `timeout`: the host took too long;
 * - `status`: the answer has a status other than 200 to 299; thrown by `http.checked` alone;
 * - `malformed`: the answer is not what was expected; thrown by bots.
 */
export class HttpError extends TypeError {
    override readonly name = "HttpError";
    /** The status, where `kind` is `status`. */
    readonly status: number | null;
    /** What the host wrote, up to 4 KiB, where `kind` is `status`; otherwise empty. */
    readonly body: string;
    /** What its header `Retry-After` says, where that is a number of seconds. */
    readonly retryAfterSeconds: number | null;

    constructor(
        /** What went wrong. */
        readonly kind: HttpErrorKind,
        text = "",
        { status = null, body = "", retryAfterSeconds = null }: HttpErrorOptions = {},
    ) {
        super(kind === "status" ? `the host answered ${status}: ${JSON.stringify(body)}` : text);
        this.status = status;
        this.body = body;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /** What to add to the manifest, so that this origin (`https://example.com:8443`) can be reached. */
    static denied(origin: string): HttpError {
        return new HttpError(
            "denied",
            `the gateway does not let this bot reach \`${origin}\`; name it in the manifest:` +
                ` allowed_outbound_hosts = ["${origin}"]`,
        );
    }

    /** What the person reads when nobody catches it. */
    get failure(): Failure {
        const isBusy =
            this.kind === "status"
                ? this.status === 429 || (this.status ?? 0) >= 500
                : this.kind === "broken" || this.kind === "timeout";
        if (isBusy) return new Failure(BUSY);
        if (this.kind === "malformed") return new Failure("Something this bot relies on gave an answer it cannot use.");
        return new Failure(UNABLE, { allowRetry: false });
    }
}

/** What went wrong with what the bot remembers; see `StoreError`. */
export type StoreErrorKind = "no-such-store" | "access-denied" | "full" | "unavailable" | "not-json" | "other";

/** How the gateway begins its sentence about a store that is full, or that cannot be used now. */
const STORE_BEGINNINGS: Record<string, StoreErrorKind> = {
    "the store is full": "full",
    "the store is unavailable": "unavailable",
};

/**
 * Why something was not kept, or not found out. That there is no value is no error.
 *
 * Uncaught, it ends `respond`: the reason goes to the bot's log in full, and the person reads one sentence.
 *
 * `kind` is one of:
 *
 * - `no-such-store`: there is no such bucket in this call: the query or report names no person, or no
 *   conversation, or this is `settings`, where there is only the bot's;
 * - `access-denied`: the bucket may not be used;
 * - `full`: more is to be kept than this bot, or all bots of its tenant, may keep. Nothing was changed, and the
 *   same is refused again until something is removed;
 * - `unavailable`: the store cannot do it now, and may later: its database is away, others write too much or
 *   were always faster, no memory is left. A write may have happened all the same;
 * - `not-json`: a value that was read is no JSON;
 * - `other`: anything else, mostly a mistake in the bot: a key or a value that is too long, a value that is no
 *   number.
 */
export class StoreError extends Error {
    override readonly name = "StoreError";

    constructor(
        /** What went wrong. */
        readonly kind: StoreErrorKind,
        text = "",
    ) {
        super(text);
    }

    /** What the gateway says in a sentence, and in nothing else. */
    static said(text: string): StoreError {
        return new StoreError(STORE_BEGINNINGS[text.split(":")[0] ?? ""] ?? "other", text);
    }

    /** There is no such bucket in this call. */
    static noSuchStore(name: string): StoreError {
        return new StoreError(
            "no-such-store",
            `there is no bucket \`${name}\` in this call: a person's and a conversation's belong to queries and` +
                " reports that name one",
        );
    }

    /** What the person reads when nobody catches it. */
    get failure(): Failure {
        if (this.kind === "unavailable") return new Failure("This bot cannot get at what it remembers right now.");
        if (this.kind === "full") {
            return new Failure("This bot has no room left for what it is to remember.", { allowRetry: false });
        }
        return new Failure(UNABLE, { allowRetry: false });
    }
}

/** What went wrong with what the bot knows; see `KnowledgeError`. */
export type KnowledgeErrorKind = "no-such-collection" | "invalid" | "full" | "unavailable" | "other";

/**
 * Why nothing was found out, or a document was not taken. That nothing is found is no error.
 *
 * Uncaught, it ends `respond`: the reason goes to the bot's log in full, and the person reads one sentence.
 *
 * `kind` is one of:
 *
 * - `no-such-collection`: there is no such collection in this call: the query or report names no person, or this
 *   is `settings`, where there is only the bot's;
 * - `invalid`: what was asked makes no sense, or is larger than may be. Nothing was changed;
 * - `full`: more is to be kept than this bot, or all bots of its tenant, may keep. Nothing was changed, and the
 *   same is refused again until something is removed;
 * - `unavailable`: it cannot be done now, and may be later: the database is away, or too much is asked for at
 *   once;
 * - `other`: anything else.
 */
export class KnowledgeError extends Error {
    override readonly name = "KnowledgeError";

    constructor(
        /** What went wrong. */
        readonly kind: KnowledgeErrorKind,
        text = "",
    ) {
        super(text);
    }

    /** There is no such collection in this call. */
    static noSuchCollection(name: string): KnowledgeError {
        return new KnowledgeError(
            "no-such-collection",
            `there is no collection \`${name}\` in this call: a person's belongs to queries and reports that name one`,
        );
    }

    /** What the person reads when nobody catches it. */
    get failure(): Failure {
        if (this.kind === "unavailable") return new Failure("This bot cannot get at its documents right now.");
        if (this.kind === "full")
            return new Failure("This bot has no room left for more documents.", { allowRetry: false });
        return new Failure(UNABLE, { allowRetry: false });
    }
}
