/**
 * Messages as the protocol writes them.
 *
 * Members that hold their default are left out. Reading is tolerant, as the protocol asks: unknown members are
 * ignored, and an explicit `null` counts as left out.
 */

import { isObject, type Members } from "./json.js";
import { Attachment, Message, type MessageFeedback, type MessageReaction } from "./query.js";
import { shown } from "./text.js";

/** How deep quoted messages are followed; the platform's own go two deep. */
const QUOTES_MAX = 16;

/** The message, with the messages that it quotes. */
export function write(message: Message, depth = 0): Members {
    const members: Members = { role: message.role, content: message.content };
    if (message.messageType !== null) members["message_type"] = message.messageType;
    members["content_type"] = message.contentType;
    if (message.timestamp) members["timestamp"] = message.timestamp;
    if (message.messageId) members["message_id"] = message.messageId;
    if (message.sender !== null) members["sender"] = present({ id: message.sender.id, name: message.sender.name });
    if (message.feedback.length > 0) {
        // The reference library refuses a feedback without this member, also where it is null.
        members["feedback"] = message.feedback.map((one) => ({ type: one.feedbackType, reason: one.reason }));
    }
    if (message.attachments.length > 0) members["attachments"] = message.attachments.map(attachment);
    if (message.reactions.length > 0) {
        members["reactions"] = message.reactions.map((one) => ({ user_id: one.userId, reaction: one.reaction }));
    }
    if (Object.keys(message.parameters).length > 0) members["parameters"] = message.parameters;
    if (message.metadata !== null) members["metadata"] = message.metadata;
    if (message.referencedMessage !== null && depth < QUOTES_MAX) {
        members["referenced_message"] = write(message.referencedMessage, depth + 1);
    }
    return members;
}

function attachment(one: Attachment): Members {
    return present({
        url: one.url,
        content_type: one.contentType,
        name: one.name,
        inline_ref: one.inlineRef,
        parsed_content: one.parsedContent,
    });
}

function present(members: Members): Members {
    return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

/** The message whose members these are; `TypeError` where `role` or `content` is missing. */
export function read(value: unknown, depth = 0): Message {
    const members = isObject(value) ? value : {};
    const [role, content] = [text(members, "role"), text(members, "content")];
    if (role === null || content === null) {
        const missing = role === null ? "role" : "content";
        throw new TypeError(`a message has a member \`${missing}\` with a text: ${shown(value)}`);
    }
    const message = new Message({ role, content });
    message.messageType = text(members, "message_type");
    message.contentType = text(members, "content_type") ?? message.contentType;
    if (typeof members["timestamp"] === "number") message.timestamp = members["timestamp"];
    message.messageId = text(members, "message_id") ?? "";
    message.metadata = text(members, "metadata");
    const { sender, parameters } = members;
    if (isObject(sender)) message.sender = { id: text(sender, "id"), name: text(sender, "name") };
    if (isObject(parameters)) message.parameters = { ...parameters };
    message.feedback = objects(members, "feedback", readFeedback);
    message.attachments = objects(members, "attachments", readAttachment);
    message.reactions = objects(members, "reactions", readReaction);
    if (depth < QUOTES_MAX && isObject(members["referenced_message"])) {
        message.referencedMessage = maybeRead(members["referenced_message"], depth + 1);
    }
    return message;
}

function maybeRead(value: unknown, depth: number): Message | null {
    try {
        return read(value, depth);
    } catch {
        return null;
    }
}

function readFeedback(item: Members): MessageFeedback | null {
    const feedbackType = text(item, "type");
    return feedbackType === null ? null : { feedbackType, reason: text(item, "reason") };
}

function readAttachment(item: Members): Attachment | null {
    const url = text(item, "url");
    if (url === null) return null;
    return new Attachment({
        url,
        contentType: text(item, "content_type") ?? "",
        name: text(item, "name") ?? "",
        inlineRef: text(item, "inline_ref"),
        parsedContent: text(item, "parsed_content"),
    });
}

function readReaction(item: Members): MessageReaction | null {
    const reaction = text(item, "reaction");
    return reaction === null ? null : { userId: text(item, "user_id") ?? "", reaction };
}

function text(members: Members, name: string): string | null {
    const value = members[name];
    return typeof value === "string" ? value : null;
}

/** The items of a list that make sense; the rest is left out, as the protocol asks. */
function objects<T>(members: Members, name: string, make: (item: Members) => T | null): T[] {
    const value = members[name];
    const items: unknown[] = Array.isArray(value) ? value : [];
    return items.map((item) => make(isObject(item) ? item : {})).filter((one) => one !== null);
}
