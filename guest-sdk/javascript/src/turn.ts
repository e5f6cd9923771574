/** One answer of a model that may call tools, put together from its pieces. */

import type { Answer } from "./answer.js";
import * as events from "./events.js";
import type { Event, JsonEvent } from "./events.js";
import { isObject, type Members } from "./json.js";
import { INDEX_MAX } from "./named_event.js";
import { ToolCall } from "./tool_call.js";

/** Most calls that one answer may hold; a model that wants more is out of order. */
const CALLS_MAX = 128;

/**
 * One answer of a model that may call tools: text, calls, or both.
 *
 * Iterated with `for await`, it reads the answer to its end and gives every event that is not part of a call: text
 * within chunks as a `text`, chunks without a choice as they came. Then `text` and `calls` are whole.
 *
 *     const turn = new Turn(poe.ask("GPT-4o", { messages, tools: [clock] }));
 *     for await (const event of turn) reply.passOn(event);
 *     const results = turn.calls.map((call) => call.result("12:00"));
 *     messages.push(callsMessage(turn.calls), resultsMessage(results));
 *
 * A model sends calls in pieces, each with the index of its call. The rules for putting them together are those of the
 * platform's reference library, where they lose nothing: only the first choice of a chunk counts; the first piece of a
 * call has its `id`, `type` and name, and a call without them is dropped; of later pieces only the arguments count.
 * Unlike there, what comes with a `finish_reason` counts too, and so does text beside calls; a name with another `id`
 * begins another call, also where the index is the same. At most 128 calls are kept.
 */
export class Turn implements AsyncIterable<Event> {
    /** The text of the only answer: what came as text, and what came within chunks. */
    text = "";
    readonly #answer: Answer;
    /** The calls with their indices, in the order in which they began. */
    readonly #calls: { index: number; call: ToolCall }[] = [];

    constructor(answer: Answer) {
        this.#answer = answer;
    }

    /** The calls, in the order of their indices. */
    get calls(): ToolCall[] {
        return this.#calls.toSorted((one, other) => one.index - other.index).map(({ call }) => call);
    }

    async *[Symbol.asyncIterator](): AsyncGenerator<Event, undefined> {
        for await (const event of this.#answer) {
            const passed = this.#take(event);
            if (passed !== null) yield passed;
        }
        return undefined;
    }

    /** Takes an event, and returns what is to be handed on. */
    #take(event: Event): Event | null {
        if (event.type === "json") return this.#takeChunk(event);
        if (event.type === "text") this.text += event.text;
        else if (event.type === "replace") this.text = event.text;
        return event;
    }

    #takeChunk(event: JsonEvent): Event | null {
        const { choices, index } = event.value;
        if (!Array.isArray(choices) || choices.length === 0) return event;
        // A `finish_reason` says that nothing follows. What comes with it is part of the answer.
        const delta = membersOf(membersOf(choices[0])["delta"]);
        const calls: unknown[] = Array.isArray(delta["tool_calls"]) ? delta["tool_calls"] : [];
        for (const call of calls) this.#takeCall(membersOf(call));
        const text = delta["content"];
        if (typeof text !== "string") return null;
        this.text += text;
        return events.text(text, { index: isIndex(index) && index <= INDEX_MAX ? index : null });
    }

    #takeCall(delta: Members): void {
        const { index } = delta;
        if (!isIndex(index)) return;
        const called = membersOf(delta["function"]);
        const [id, name, kind] = [wordOf(delta, "id"), wordOf(called, "name"), wordOf(delta, "type")];
        const args = wordOf(called, "arguments") ?? "";
        const open = this.#calls.findLast((one) => one.index === index)?.call;
        if (open !== undefined && !beginsAnother(open, id, name)) {
            open.args += args;
        } else if (id !== null && name !== null && kind !== null && this.#calls.length < CALLS_MAX) {
            this.#calls.push({ index, call: new ToolCall(id, name, args, kind) });
        }
    }
}

/**
 * Whether a piece with the index of this call belongs to another one. Some servers give each piece an `id` of its own,
 * but a name only to the first.
 */
function beginsAnother(call: ToolCall, id: string | null, name: string | null): boolean {
    return Boolean(id && name) && id !== call.id;
}

function membersOf(value: unknown): Members {
    return isObject(value) ? value : {};
}

function wordOf(members: Members, name: string): string | null {
    const value = members[name];
    return typeof value === "string" ? value : null;
}

function isIndex(value: unknown): value is number {
    return typeof value === "number" && Number.isInteger(value) && value >= 0;
}
