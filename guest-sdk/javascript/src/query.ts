/**
 * One question, with the conversation that leads up to it, and what people ask of it.
 *
 * Names are the platform's own. Identifiers are opaque text: they can be empty and have no fixed shape. Where the
 * platform left a field out, its documented default is filled in, unless the field can be `null`.
 */

import { backend } from "./backend.js";
import type { Members } from "./json.js";
import * as messageJson from "./message_json.js";

/** A person in a conversation. */
export interface User {
    /** Opaque identifier. */
    id: string;
    /** The name shown, where there is one. */
    name: string | null;
}

/** Who sent a message. */
export interface Sender {
    /** Opaque identifier, where known. */
    id: string | null;
    /** The name shown, where known. */
    name: string | null;
}

/** A like or dislike on a message. */
export interface MessageFeedback {
    /** `like` or `dislike`. More may come. */
    feedbackType: string;
    /** What the person wrote about it. */
    reason: string | null;
}

/** A reaction on a message. */
export interface MessageReaction {
    /** Who reacted. */
    userId: string;
    /** Such as `like`, `heart`, `laughing`, `surprised`, `sad`. More may come. */
    reaction: string;
}

/** How an attachment is made. */
export interface AttachmentMembers {
    /** Where its bytes can be fetched. */
    url: string;
    /** Its media type. */
    contentType?: string;
    /** Its file name. */
    name?: string;
    /** The label under which the text refers to it. */
    inlineRef?: string | null;
    /** Its text. */
    parsedContent?: string | null;
}

/** Most bytes that an attachment is read with where nothing else is said: 16 MiB. */
const READ_BYTES_MAX = 16 * 1024 * 1024;

/** A file attached to a message. */
export class Attachment {
    /** Where its bytes can be fetched, for about ten minutes; see `read`. */
    url: string;
    /** Its media type, as the platform believes it to be. */
    contentType: string;
    /** Its file name. Chosen by the sender of the file: never use it as a path. */
    name: string;
    /** The label under which the text refers to it, as in `![title][label]`. */
    inlineRef: string | null;
    /** Its text, where the bot's settings ask the platform to extract it. */
    parsedContent: string | null;

    constructor({ url, contentType = "", name = "", inlineRef = null, parsedContent = null }: AttachmentMembers) {
        this.url = url;
        this.contentType = contentType;
        this.name = name;
        this.inlineRef = inlineRef;
        this.parsedContent = parsedContent;
    }

    /**
     * The bytes of this file, which must be attached to a message of the query at hand.
     *
     * Throws `PoeError`: `too-large` where it has more than `bytesMax` bytes, and no more than that is read;
     * `broken` where the platform no longer has it, after about ten minutes; `denied` where it is not part of the
     * query. All of it is in memory at once: the bot's limit of memory counts.
     */
    read(bytesMax: number = READ_BYTES_MAX): Uint8Array {
        return backend().readAttachment(this.url, bytesMax);
    }
}

/** How a message is made: `role` and `content`, and whatever else it has. */
export type MessageMembers = Pick<Message, "role" | "content"> &
    Partial<Omit<Message, "with" | "toJSON" | "parameter">>;

/** One message of a conversation. */
export class Message {
    /** Who wrote it: `system`, `user`, `bot` or `tool`. More may come. */
    role: string;
    /** The text. For tool calls and their results, a JSON array; see `messageType`. */
    content: string;
    /** `function_call` where `content` holds tool calls (role `bot`); otherwise `null`. */
    messageType: string | null;
    /** How `content` is to be read: `text/markdown` or `text/plain`. */
    contentType: string;
    /** When it was written, in microseconds since 1970-01-01T00:00:00Z; 0 where unknown. */
    timestamp: number;
    /** Opaque identifier. Can be empty. */
    messageId: string;
    /** Who sent it, where several people or bots take part. */
    sender: Sender | null;
    /** Likes and dislikes that it received. */
    feedback: MessageFeedback[];
    /** Files attached to it. */
    attachments: Attachment[];
    /** Values that the person set with the bot's parameter controls; see `parameter`. */
    parameters: Members;
    /** What this bot attached with `Reply.data` when it wrote the message. */
    metadata: string | null;
    /** The message that this one quotes. That one can quote another; there are no cycles. */
    referencedMessage: Message | null;
    /** Reactions that it received. */
    reactions: MessageReaction[];

    constructor(members: MessageMembers) {
        this.role = members.role;
        this.content = members.content;
        this.messageType = members.messageType ?? null;
        this.contentType = members.contentType ?? "text/markdown";
        this.timestamp = members.timestamp ?? 0;
        this.messageId = members.messageId ?? "";
        this.sender = members.sender ?? null;
        this.feedback = members.feedback ?? [];
        this.attachments = members.attachments ?? [];
        this.parameters = members.parameters ?? {};
        this.metadata = members.metadata ?? null;
        this.referencedMessage = members.referencedMessage ?? null;
        this.reactions = members.reactions ?? [];
    }

    /** A message of a person. */
    static user(content: string, members: Partial<MessageMembers> = {}): Message {
        return new Message({ ...members, role: "user", content });
    }

    /** A message of a bot. */
    static bot(content: string, members: Partial<MessageMembers> = {}): Message {
        return new Message({ ...members, role: "bot", content });
    }

    /** A message of the system. */
    static system(content: string, members: Partial<MessageMembers> = {}): Message {
        return new Message({ ...members, role: "system", content });
    }

    /**
     * The value that the person set with the control of this name.
     *
     * `otherwise` where the person left the control alone: the platform does not fill in defaults. A value can be
     * of any JSON type, whatever the control was, so look before you leap.
     */
    parameter(name: string, otherwise?: unknown): unknown {
        return Object.hasOwn(this.parameters, name) ? this.parameters[name] : otherwise;
    }

    /** Another message, with other members in place of its own. */
    with(members: Partial<MessageMembers>): Message {
        return new Message({ ...this, ...members });
    }

    /**
     * The message as the protocol writes it, with the messages that it quotes.
     *
     * For a bot that keeps messages for later, in `Reply.data` for example: `JSON.stringify` calls it. Members
     * that hold their default are left out. `fromJSON` reads it back.
     */
    toJSON(): Members {
        return messageJson.write(this);
    }

    /**
     * Reads a message as the protocol writes it.
     *
     * Only `role` and `content` are required; `TypeError` where one is missing. Unknown members are ignored, and
     * what makes no sense counts as left out.
     */
    static fromJSON(members: unknown): Message {
        return messageJson.read(members);
    }
}

/** How a query is made for a test: any of its members. */
export type QueryMembers = {
    -readonly [Name in keyof Query as Query[Name] extends (...all: never[]) => unknown ? never : Name]?: Query[Name];
};

/**
 * One question: a person wrote something, and the whole conversation so far comes with it.
 *
 * For tests, `Query.of("hi")` makes one with a single message of a person.
 */
export class Query {
    /** The protocol version of the request, such as `1.2`. Information only. */
    version = "1.2";
    /**
     * The conversation, oldest message first; the last one is what is to be answered. Can be empty.
     *
     * Messages with a role that the platform has not defined are left out.
     */
    messages: Message[] = [];
    /** Who asks. Different bots see different identifiers for the same person. */
    userId = "";
    /** The conversation. Starting afresh gives a new one. */
    conversationId = "";
    /** The message that this reply will become. */
    messageId = "";
    /** Belongs to the platform; to be handed back when calling other bots. Can be empty. */
    metadata = "";
    /** A hint for language models: 0 or more. `null` where the person has no wish. */
    temperature: number | null = null;
    /** A hint: leave out the bot's own system prompt. */
    skipSystemPrompt = false;
    /** A hint for language models: token to bias, from -100 to 100. */
    logitBias: Record<string, number> = {};
    /** A hint: stop generating at any of these texts. */
    stopSequences: string[] = [];
    /** The language of the person's interface as a BCP 47 tag; `en` where unknown. */
    languageCode = "en";
    /** Whether the bot should speak under the name that it has in this conversation. */
    adoptCurrentBotName: boolean | null = null;
    /** Identifies this query in calls about costs. Can be empty. */
    botQueryId = "";
    /** The people in the conversation, where it has several. */
    users: User[] = [];
    /** Tool definitions offered by the caller. */
    tools: unknown[] | null = null;
    /** Tool calls made so far. */
    toolCalls: unknown[] | null = null;
    /** Results of those tool calls. */
    toolResults: unknown[] | null = null;
    /** When the person sent the query, in microseconds since 1970-01-01T00:00:00Z. */
    queryCreationTime: number | null = null;
    /** What the caller passes along beside the protocol. */
    extraParams: Members | null = null;

    constructor(members: QueryMembers = {}) {
        Object.assign(this, members);
    }

    /** A query with this text of a person, or with this conversation: of the person `user`, in `conversation`. */
    static of(question: string | Iterable<Message>): Query {
        const messages = typeof question === "string" ? [Message.user(question)] : [...question];
        return new Query({ messages, userId: "user", conversationId: "conversation" });
    }

    /** The message that is to be answered: the newest one. `null` in an empty conversation. */
    get lastMessage(): Message | null {
        return this.messages.at(-1) ?? null;
    }

    /** The text that is to be answered; empty in an empty conversation. */
    get lastText(): string {
        return this.lastMessage?.content ?? "";
    }

    /** The newest message that a person wrote: mostly `lastMessage`, but not after tool calls. */
    get lastUserMessage(): Message | null {
        return this.messages.findLast((message) => message.role === "user") ?? null;
    }

    /** What was said before the message that is to be answered, oldest first. */
    get history(): Message[] {
        return this.messages.slice(0, -1);
    }

    /** The files attached to the message that is to be answered. */
    get attachments(): Attachment[] {
        return this.lastMessage?.attachments ?? [];
    }

    /** What the person set with the controls, on the message that is to be answered. */
    get parameters(): Members {
        return this.lastMessage?.parameters ?? {};
    }

    /**
     * The value that the person set with the control of this name, on the message that is to be answered. See
     * `Message.parameter`.
     */
    parameter(name: string, otherwise?: unknown): unknown {
        return this.lastMessage === null ? otherwise : this.lastMessage.parameter(name, otherwise);
    }
}
