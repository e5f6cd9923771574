/** Tools with what they do. */

import { queryAtHand } from "./current_query.js";
import { isObject, type Members } from "./json.js";
import { ask, type Question } from "./poe.js";
import { Query, type Message } from "./query.js";
import type { Reply } from "./reply.js";
import { misfit } from "./schema_check.js";
import { shown } from "./text.js";
import { callsMessage, resultsMessage, Tool, type ToolCall, type ToolOptions, type ToolResult } from "./tool_call.js";
import { Turn } from "./turn.js";

/** What a tool does: it is given the arguments as an object, and gives any JSON value, or the promise of one. */
export type ToolFunction = (args: any) => unknown;

/** How a tool is described. */
export interface ToolDescription extends ToolOptions {
    /** The name: letters, digits, `_` and `-`. */
    name: string;
    /** What it does, for the model. */
    description: string;
    /** A JSON schema of the arguments: `{ type: "object", properties: { … }, required: [ … ] }`. */
    parameters: Members;
}

/** How a model is asked. */
export interface RunOptions extends Omit<Question, "messages" | "tools" | "toolCalls" | "toolResults"> {
    /** How often what the model wants is done; once by default. */
    rounds?: number;
}

/**
 * Tools with what they do, used without further ado when a model asks for them.
 *
 *     const box = new Toolbox();
 *     box.add(
 *         {
 *             name: "weather",
 *             description: "The weather of the next days.",
 *             parameters: {
 *                 type: "object",
 *                 properties: { city: { type: "string", description: "The name of the city, in English." } },
 *                 required: ["city"],
 *             },
 *         },
 *         ({ city }) => ({ city, sky: "grey" }),
 *     );
 *     await box.run("GPT-4o", query, reply);
 *
 * A tool that a model calls with arguments that do not fit, or that does not exist, has the result `{"error": "…"}`:
 * models mend their calls when they are told. What a tool throws ends the reply, as if it were called by hand.
 */
export class Toolbox {
    readonly #tools = new Map<string, { tool: Tool; call: ToolFunction }>();

    /** The tools, for `poe.ask("…", { tools: box.tools })`. */
    get tools(): Tool[] {
        return Array.from(this.#tools.values(), ({ tool }) => tool);
    }

    /** Adds a function, plain or async, as a tool. `TypeError` where there is a tool of this name. */
    add({ name, description, parameters, ...options }: ToolDescription, call: ToolFunction): this {
        if (this.#tools.has(name)) throw new TypeError(`there is a tool named ${shown(name)} already`);
        if (typeof call !== "function") throw new TypeError(`a tool is a function, not ${shown(call)}`);
        this.#tools.set(name, { tool: new Tool(name, description, parameters, options), call });
        return this;
    }

    /** Does what these calls ask: async functions at the same time. The results are in the order of the calls. */
    async execute(calls: Iterable<ToolCall>): Promise<ToolResult[]> {
        return Promise.all(Array.from(calls, async (call) => call.result(await this.#call(call))));
    }

    #call(call: ToolCall): unknown {
        const found = this.#tools.get(call.name);
        if (found === undefined) return { error: `there is no tool named ${shown(call.name)}` };
        let args: unknown;
        try {
            args = call.parse();
        } catch (error) {
            return { error: `the arguments are not JSON: ${String(error)}` };
        }
        if (!isObject(args)) return { error: "the arguments are no JSON object" };
        const wrong = misfit(args, found.tool.parameters);
        if (wrong !== null) return { error: `the arguments do not fit: ${wrong}` };
        return found.call(args);
    }

    /**
     * Asks a bot with these tools, does what the model wants done, and asks again with the results, so many times.
     * Everything but the calls goes to the reader.
     *
     * Asked are the messages of the query, or those given; with `null` the very same conversation. `options` are those
     * of `poe.ask`. Where the model calls no tool there is no further question. There are at most `rounds + 1` of them:
     * declare as many calls of the bot in the settings. With more than one round the last question offers no tools, so
     * that the model has to answer.
     *
     * Throws what `poe.ask` and its answer throw, and what the reply does.
     */
    async run(
        bot: string,
        query: Query | Iterable<Message> | null,
        reply: Reply,
        { rounds = 1, ...question }: RunOptions = {},
    ): Promise<void> {
        if (typeof query === "string")
            throw new TypeError("ask with a query or with messages, as in `[Message.user(text)]`");
        const talk: Talk = { messages: messagesOf(query), last: null };
        for (let round = 0; ; round++) {
            const tools = round < rounds || rounds <= 1 ? this.tools : undefined;
            const [toolCalls, toolResults] = talk.last ?? [];
            const turn = new Turn(
                ask(bot, { ...question, messages: talk.messages, tools, toolCalls, toolResults } as Question),
            );
            for await (const event of turn) reply.passOn(event);
            if (turn.calls.length === 0 || round >= rounds) return;
            remember(talk, turn.calls, await this.execute(turn.calls));
        }
    }
}

/** A conversation with a model that uses tools: what is asked next. */
interface Talk {
    /** `null`: the conversation of the query at hand. */
    messages: Message[] | null;
    /** What was called and came out last; what was before is in the messages. */
    last: [ToolCall[], ToolResult[]] | null;
}

function messagesOf(query: Query | Iterable<Message> | null): Message[] | null {
    if (query === null) return null;
    return [...(query instanceof Query ? query.messages : query)];
}

/** Takes results for the next question. */
function remember(talk: Talk, calls: ToolCall[], results: ToolResult[]): void {
    if (talk.last !== null) {
        const asked = talk.messages ?? queryAtHand().messages;
        talk.messages = [...asked, callsMessage(talk.last[0]), resultsMessage(talk.last[1])];
    }
    talk.last = [calls, results];
}
