/** One query, answered to its end: whatever `respond` is, and however it ends. */

import type { Event } from "./events.js";
import { Failure, HttpError, KnowledgeError, PoeError, Stopped, StoreError } from "./failure.js";
import type { Reply } from "./reply.js";
import { shown } from "./text.js";
import { placeOf, traceOf } from "./trace.js";

/** What others refuse: each knows what the person is to read. */
type Refusal = PoeError | HttpError | StoreError | KnowledgeError;

/** An iterator of either kind, as far as saying its events needs it. */
interface Events {
    next(): IteratorResult<unknown, unknown>;
    throw?: (error: unknown) => IteratorResult<unknown, unknown>;
}

interface AsyncEvents {
    next(): Promise<IteratorResult<unknown, unknown>>;
    throw?: (error: unknown) => Promise<IteratorResult<unknown, unknown>>;
}

const TYPES = ["text", "replace", "suggest", "meta", "file", "data", "json", "other", "error"];

/** Says what `respond` gave. A plain function has said everything already; what waits gives a promise. */
export function finish(told: unknown, reply: Reply): void | Promise<void> {
    if (told === undefined) return undefined;
    if (typeof told !== "object" || told === null) throw new TypeError(returned(told));
    if (Symbol.asyncIterator in told) {
        const events = told as { [Symbol.asyncIterator](): AsyncEvents };
        return sayAllAsync(events[Symbol.asyncIterator](), reply);
    }
    if ("then" in told && typeof told.then === "function") return settled(told as PromiseLike<unknown>);
    if (Symbol.iterator in told && !Array.isArray(told)) {
        const events = told as { [Symbol.iterator](): Events };
        return sayAll(events[Symbol.iterator](), reply);
    }
    throw new TypeError(returned(told));
}

async function settled(told: PromiseLike<unknown>): Promise<void> {
    const value = await told;
    if (value !== undefined) throw new TypeError(returned(value));
}

function returned(value: unknown): string {
    return `\`respond\` returned ${shown(value)}: say it with \`reply.text\`, or yield it; nothing else is said`;
}

/** Says what a generator yields. What is wrong with an event is thrown at its `yield`. */
function sayAll(events: Events, reply: Reply): void {
    let step = events.next();
    while (step.done !== true) {
        try {
            say(step.value, reply);
        } catch (error) {
            if (events.throw === undefined) throw error;
            step = events.throw(error);
            continue;
        }
        step = events.next();
    }
    if (step.value !== undefined) throw new TypeError(returned(step.value));
}

/** The same for an async generator. */
async function sayAllAsync(events: AsyncEvents, reply: Reply): Promise<void> {
    let step = await events.next();
    while (step.done !== true) {
        try {
            say(step.value, reply);
        } catch (error) {
            if (events.throw === undefined) throw error;
            step = await events.throw(error);
            continue;
        }
        step = await events.next();
    }
    if (step.value !== undefined) throw new TypeError(returned(step.value));
}

function say(event: unknown, reply: Reply): void {
    if (typeof event === "string") reply.text(event);
    // A `meta` is mostly another bot's, handed on with all the rest.
    else if (isEvent(event)) event.type === "meta" ? reply.passOn(event) : reply.say(event);
    else throw new TypeError(`\`respond\` yielded ${shown(event)}: a text or one of \`events\` can be said`);
}

function isEvent(value: unknown): value is Event {
    return typeof value === "object" && value !== null && "type" in value && TYPES.includes(value.type as string);
}

/** What an error that nobody caught means for the person; the rest of it is for the log. */
export function outcomeOf(error: unknown, log: (record: string) => void): Failure | null {
    const meant = meantBy(error);
    if (meant instanceof Stopped && meant.reason !== "invalid") return null;
    if (meant instanceof Failure) return meant;
    if (isRefusal(meant)) {
        const failure = meant.failure;
        const isSaid = meant instanceof PoeError && (meant.kind === "said" || meant.kind === "insufficient-fund");
        if (!isSaid && failure !== null) log(`the reply was given up: ${refusalShown(meant)}`);
        return failure;
    }
    logError(error, log);
    return new Failure(null, { allowRetry: false });
}

/** Writes an error to the log, with all that it came from. */
export function logError(error: unknown, log: (record: string) => void): void {
    log(traceOf(error));
    const seen = new Set([error]);
    let cause = error instanceof Error ? error.cause : undefined;
    while (cause !== undefined && !seen.has(cause) && seen.size < 8) {
        seen.add(cause);
        log(`because of ${traceOf(cause)}`);
        cause = cause instanceof Error ? cause.cause : undefined;
    }
}

function isRefusal(error: unknown): error is Refusal {
    return [PoeError, HttpError, StoreError, KnowledgeError].some((kind) => error instanceof kind);
}

function refusalShown(refusal: Refusal): string {
    const place = placeOf(refusal);
    const name =
        refusal instanceof StoreError ? "the store: " : refusal instanceof KnowledgeError ? "the knowledge: " : "";
    return `${name}${refusal.message}${place && ` (${place})`}`.replaceAll("\n", "\\n");
}

/** What is meant by an error: of several that are nothing but refusals, the gravest of them. */
function meantBy(error: unknown): unknown {
    if (!(error instanceof AggregateError)) return error;
    const parts: unknown[] = error.errors.map(meantBy);
    const isKnown = (one: unknown): boolean => one instanceof Failure || one instanceof Stopped || isRefusal(one);
    if (parts.length === 0 || !parts.every(isKnown)) return error;
    return parts.find((one) => one instanceof Failure) ?? parts.find(isRefusal) ?? parts[0];
}
