/** Other bots of the platform, as a test writes them. */

import * as events from "../events.js";
import type { Event } from "../events.js";
import { Failure, PoeError } from "../failure.js";
import type { Members } from "../json.js";
import { Message } from "../query.js";
import type { ToolCall } from "../tool_call.js";

/** One step: milliseconds to wait, an event to say, or an error to end with. */
export type Step = number | Event | PoeError;

/**
 * What another bot says in a test, step by step.
 *
 *     new Script("hello")                                             // all at once
 *     new Script("hel").wait(2000).fail(new Failure("Out of words.")) // slow, and broken
 */
export class Script {
    /** The steps: milliseconds to wait, events, errors. */
    readonly steps: Step[] = [];

    constructor(text?: string) {
        if (text !== undefined) this.text(text);
    }

    /** Says text. */
    text(text: string): this {
        return this.event(events.text(text));
    }

    /** Says an event. */
    event(event: Event): this {
        this.steps.push(event);
        return this;
    }

    /** Pauses, on the clock of the scene. */
    wait(milliseconds: number): this {
        this.steps.push(milliseconds);
        return this;
    }

    /** Ends with an error event. */
    fail(failure: Failure): this {
        return this.breaks(new PoeError("said", "", { said: failure }));
    }

    /** Ends with any error, such as `broken` for a bot that breaks off. */
    breaks(error: PoeError): this {
        this.steps.push(error);
        return this;
    }

    /** Calls tools, each in two pieces, as models do. */
    toolCalls(calls: Iterable<ToolCall>): this {
        let index = 0;
        for (const { id, kind, name, args } of calls) {
            this.#chunk({ tool_calls: [{ index, id, type: kind, function: { name, arguments: "" } }] }, null);
            this.#chunk({ tool_calls: [{ index, function: { arguments: args } }] }, null);
            index += 1;
        }
        return this.#chunk({}, "tool_calls");
    }

    #chunk(delta: Members, reason: string | null): this {
        return this.event(events.json({ choices: [{ index: 0, delta, finish_reason: reason }] }));
    }
}

/** What another bot was asked. */
export class Asked {
    constructor(
        /** The name of the bot. */
        readonly bot: string,
        /** What differs from the query at hand: `{}` for the very same conversation. */
        readonly body: Members,
    ) {}

    /**
     * The messages that were sent instead of the conversation; empty where it was the same.
     *
     * Messages that make no sense are left out.
     */
    get messages(): Message[] {
        const query: unknown[] = Array.isArray(this.body["query"]) ? this.body["query"] : [];
        return query.flatMap((message) => {
            try {
                return [Message.fromJSON(message)];
            } catch {
                return [];
            }
        });
    }
}

/** What stands for an answer: a script, its only text, or the failure that it is. */
export type Answers = Script | string | Failure;

/** An answer that depends on what is asked. */
export type Answering = (asked: Asked) => Answers;

function scriptOf(answer: Answers): Script {
    if (answer instanceof Script) return answer;
    return answer instanceof Failure ? new Script().fail(answer) : new Script(answer);
}

/** The other bots of a scene. */
export class PlayedBots {
    readonly #scripts = new Map<string, Script[]>();
    readonly #made = new Map<string, Answering>();

    /** Adds the next answer of a bot, or what makes all of them. */
    add(name: string, answer: Answers | Answering): void {
        if (typeof answer === "function") this.#made.set(name, answer);
        else this.#scripts.set(name, [...(this.#scripts.get(name) ?? []), scriptOf(answer)]);
    }

    /** The answer to a question that comes after this many others to the same bot; `PoeError` where there is none. */
    answer(asked: Asked, before: number): Script {
        const made = this.#made.get(asked.bot);
        if (made !== undefined) return scriptOf(made(asked));
        const scripts = this.#scripts.get(asked.bot);
        if (scripts === undefined) throw new PoeError("broken", `this scene has no bot \`${asked.bot}\``);
        const script = scripts[before];
        if (script === undefined) {
            throw new PoeError("broken", `this scene has ${scripts.length} answers of \`${asked.bot}\`, and no more`);
        }
        return script;
    }
}
