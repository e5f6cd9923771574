/** A tool, a call to it, and the result, in the shape that the protocol takes over from OpenAI. */

import { parse, stringify, type Members, type ParseOptions } from "./json.js";
import { Message } from "./query.js";

/** What a tool says besides its name, its description and its parameters. */
export interface ToolOptions {
    /** Whether the model has to keep to the schema to the letter. */
    strict?: boolean;
    /** Further members of `function`, for what models and platform add. */
    extra?: Members;
}

/** A function that a language model may call. */
export class Tool {
    constructor(
        /** The name: letters, digits, `_` and `-`. */
        readonly name: string,
        /** What it does, for the model. The platform requires one. */
        readonly description: string,
        /** A JSON schema of the arguments, sent as it stands, `additionalProperties` and all. */
        readonly parameters: Members,
        /** What else is said of it. */
        readonly options: ToolOptions = {},
    ) {}

    /** The definition as the protocol writes it. */
    toJSON(): Members {
        const { strict, extra = {} } = this.options;
        const named: Members = { name: this.name, description: this.description, parameters: this.parameters };
        if (strict !== undefined) named["strict"] = strict;
        return { type: "function", function: { ...named, ...extra } };
    }
}

/** What came of a call. */
export class ToolResult {
    constructor(
        /** The name of the tool. */
        readonly name: string,
        /** The `id` of the call. */
        readonly toolCallId: string,
        /** The result, as the model reads it: mostly JSON text. */
        readonly content: string,
    ) {}

    /** The result as the protocol writes it. */
    toJSON(): Members {
        return { role: "tool", name: this.name, tool_call_id: this.toolCallId, content: this.content };
    }
}

/** What a language model wants done. */
export class ToolCall {
    constructor(
        /** Tells calls apart; comes back in the result. */
        readonly id: string,
        /** The name of the tool. */
        readonly name: string,
        /** The arguments as the model wrote them: mostly the text of a JSON object. */
        public args = "{}",
        /** `function`. More may come. */
        readonly kind = "function",
    ) {}

    /**
     * The arguments, read; `{}` where they are empty, as models leave them for a function without parameters.
     *
     * A model can write anything, so this can be a `SyntaxError`, which says what is wrong.
     */
    parse(options?: ParseOptions): unknown {
        return this.args.trim() === "" ? {} : parse(this.args, options);
    }

    /** The result of this call: any JSON value; `undefined` is `null`. */
    result(value: unknown): ToolResult {
        return new ToolResult(this.name, this.id, stringify(value ?? null));
    }

    /** The call as the protocol writes it. */
    toJSON(): Members {
        return { id: this.id, type: this.kind, function: { name: this.name, arguments: this.args } };
    }
}

/** A message of a bot that holds tool calls, to be sent before their results. */
export function callsMessage(calls: readonly ToolCall[]): Message {
    return Message.bot(stringify(calls), { messageType: "function_call" });
}

/** A message that holds the results of tool calls. */
export function resultsMessage(results: readonly ToolResult[]): Message {
    return new Message({ role: "tool", content: stringify(results) });
}
