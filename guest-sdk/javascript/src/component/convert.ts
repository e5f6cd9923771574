/**
 * Queries and reports from the engines' values.
 *
 * A record of the interface is an object with the members of our classes already, so it becomes one of them where it
 * stands: that is a good part of what a small query costs. The gateway has checked every JSON text before it gets
 * here. Where one is not what the interface promises, it counts as left out: a bot should not fail over a field that
 * it may never read.
 */

import type { ErrorReport, Feedback, Reaction } from "../bot.js";
import { isObject, maybeParse, objectOf } from "../json.js";
import { Attachment, Message, Query } from "../query.js";

/** A record of the interface: its members are looked at where they are used. */
type Given = Record<string, any>;

/** A query, as the gateway hands it over. */
export type GivenQuery = Given;

/** Members that may be left out. What QuickJS has as `null` is `undefined` on StarlingMonkey. */
const QUERY_OPTIONS = ["temperature", "adoptCurrentBotName", "queryCreationTime"];
const MESSAGE_OPTIONS = ["messageType", "sender", "metadata"];
const ATTACHMENT_OPTIONS = ["inlineRef", "parsedContent"];

/** A query of the gateway. */
export function queryOf(given: GivenQuery): Query {
    const { referencedMessages, messages, tools, toolCalls, toolResults, extraParams, logitBias } = given;
    adoptMessages(referencedMessages, referencedMessages);
    adoptMessages(messages, referencedMessages);
    delete given["referencedMessages"];
    given["tools"] = maybeArray(tools);
    given["toolCalls"] = maybeArray(toolCalls);
    given["toolResults"] = maybeArray(toolResults);
    given["extraParams"] = extraParams == null ? null : maybeObject(extraParams);
    given["logitBias"] = logitBias.length === 0 ? {} : Object.fromEntries(logitBias);
    if (typeof given["queryCreationTime"] === "bigint") given["queryCreationTime"] = Number(given["queryCreationTime"]);
    for (const user of given["users"]) user.name ??= null;
    return adopt(given, Query.prototype, QUERY_OPTIONS);
}

function adopt<T extends object>(given: Given, prototype: T, options: string[]): T {
    for (const name of options) given[name] ??= null;
    return Object.setPrototypeOf(given, prototype) as T;
}

function maybeArray(text: string | null | undefined): unknown[] | null {
    const value = text == null ? null : maybeParse(text);
    return Array.isArray(value) ? value : null;
}

function maybeObject(text: string): Given | null {
    const value = maybeParse(text);
    return isObject(value) ? value : null;
}

/** Makes messages of these, with the messages that are quoted in the place of their numbers. */
function adoptMessages(messages: Given[], quoted: Given[]): void {
    for (const message of messages) {
        message["parameters"] = objectOf(message["parameters"]);
        message["timestamp"] = Number(message["timestamp"]);
        const quotes: number | null | undefined = message["referencedMessage"];
        message["referencedMessage"] = quotes == null ? null : (quoted[quotes] ?? null);
        for (const attachment of message["attachments"]) adopt(attachment, Attachment.prototype, ATTACHMENT_OPTIONS);
        for (const feedback of message["feedback"]) feedback.reason ??= null;
        const { sender } = message;
        if (sender) message["sender"] = { id: sender.id ?? null, name: sender.name ?? null };
        adopt(message, Message.prototype, MESSAGE_OPTIONS);
    }
}

/** A like or dislike. */
export function feedbackOf({ messageId, userId, conversationId, feedbackType }: Feedback): Feedback {
    return { messageId, userId, conversationId, feedbackType };
}

/** A reaction. */
export function reactionOf({ messageId, userId, conversationId, reaction }: Reaction): Reaction {
    return { messageId, userId, conversationId, reaction };
}

/** What the platform could not make sense of. */
export function reportOf({ message, metadata }: { message: string; metadata: string }): ErrorReport {
    return { message, metadata: objectOf(metadata) };
}
