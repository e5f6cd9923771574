// What ravenry.js has, for editors and TypeScript. Names are those of the interface (wit/), which says
// more about each; `null` is what it calls `none`.

/**
 * Makes an object the bot of this component: `export const handler = bot({ … })`.
 *
 * Every call of the gateway gets a fresh copy of what the modules have set up; nothing of a call is
 * left for the next.
 */
export function bot(bot: Bot): object;

/** What a bot is. Only `respond` is required. */
export interface Bot {
    /**
     * Answers one query. May be a generator: texts that it yields are said. Not `async`: the engine
     * has no event loop, and what waits simply waits (`sleep`, `answer.read()`), at no cost.
     *
     * What is thrown ends the reply with a sentence for the person; the log has the rest. Throw
     * `Failure` to choose the sentence.
     */
    respond(query: Query, reply: Reply): void | Iterable<string>;
    /** How the platform should treat this bot. */
    settings?(): Settings;
    /** A person liked or disliked a message of this bot. */
    onFeedback?(feedback: Feedback): void;
    /** A person put a reaction on a message of this bot. */
    onReaction?(reaction: Reaction): void;
    /** The platform could not make sense of something that this bot sent. */
    onError?(report: ErrorReport): void;
}

/**
 * Where the answer goes, event by event.
 *
 * Everything throws `Stopped` when the reply takes no more, and `TypeError` for an event that makes no
 * sense. `index` names one of several answers that are shown side by side.
 */
export class Reply {
    /** Appends text. */
    text(text: string, where?: { index?: number }): void;
    /** Puts this in place of all text so far. */
    replace(text: string, where?: { index?: number }): void;
    /** Offers something to say next. Comes last in a reply. */
    suggest(text: string): void;
    /** Says how the reply is to be shown. Comes first in a reply. */
    meta(meta: Meta): void;
    /** Attaches a file that is on the web already. */
    file(file: File): void;
    /** Attaches hidden text that later queries bring back as `message.metadata`. */
    data(metadata: string): void;
    /** Sends an object, such as a tool call. */
    json(value: Record<string, unknown>): void;
    /** Sends an event that there is no function for. */
    event(name: string, value: Record<string, unknown>): void;
    /** All of these come through here: tests can put their own in its place. */
    protected say(name: string, ...values: unknown[]): void;
}

/** Thrown by a bot to give up politely: what was said stays, and this is shown below it. */
export class Failure extends Error {
    /** Without a text, the gateway finds a sentence. `errorType` is a word for programs. */
    constructor(text?: string | null, how?: { allowRetry?: boolean; errorType?: string | null });
}

/** Thrown by a `Reply` that takes no more. No fault of the bot: uncaught, it ends `respond` quietly. */
export class Stopped extends Error {}

/** Has a bot answer into a reply, and says what it yields. */
export function tell(bot: Bot, query: Query, reply: Reply): void;

/** Waits, at no cost. */
export function sleep(milliseconds: number): void;

/** `config` of the bot's manifest. */
export const env: Readonly<Record<string, string | undefined>>;

/** One question, with the conversation that leads up to it. */
export interface Query {
    /** The protocol version of the request, such as `1.2`. Information only. */
    version: string;
    /**
     * The conversation, oldest message first; the last one is what is to be answered.
     *
     * Messages with a role that the platform has not defined are left out. Can be empty.
     */
    messages: Message[];
    /** Messages that are quoted by others; see `message.referencedMessage`. */
    referencedMessages: Message[];
    /** Who asks. Different bots see different identifiers for the same person. */
    userId: string;
    /** The conversation. Starting afresh gives a new one. */
    conversationId: string;
    /** The message that this reply will become. */
    messageId: string;
    /** Belongs to the platform; to be handed back when calling other bots. Can be empty. */
    metadata: string;
    /** A hint for language models: 0 or more. `null` where the person has no wish. */
    temperature: number | null;
    /** A hint: leave out the bot's own system prompt. */
    skipSystemPrompt: boolean;
    /** A hint for language models: token to bias, from -100 to 100. */
    logitBias: [string, number][];
    /** A hint: stop generating at any of these texts. */
    stopSequences: string[];
    /** The language of the person's interface as a BCP 47 tag; `en` where unknown. */
    languageCode: string;
    /** Whether the bot should speak under the name that it has in this conversation. */
    adoptCurrentBotName: boolean | null;
    /** Identifies this query in calls about costs. Can be empty. */
    botQueryId: string;
    /** The people in the conversation, where it has several. */
    users: User[];
    /** Tool definitions offered by the caller: a JSON array. */
    tools: string | null;
    /** Tool calls made so far: a JSON array. */
    toolCalls: string | null;
    /** Results of those tool calls: a JSON array. */
    toolResults: string | null;
    /** When the person sent the query, in microseconds since 1970-01-01T00:00:00Z. */
    queryCreationTime: number | null;
    /** What the caller passes along beside the protocol: a JSON object. */
    extraParams: string | null;
    /** The message that is to be answered; `null` in an empty conversation. */
    readonly lastMessage: Message | null;
    /** The text that is to be answered; empty in an empty conversation. */
    readonly lastText: string;
    /** The files attached to the message that is to be answered. */
    readonly attachments: Attachment[];
    /** What the person set with the control of this name; it can be of any JSON type. */
    parameter(name: string, otherwise?: unknown): unknown;
}

/** A person in a conversation. */
export interface User {
    /** Opaque identifier. */
    id: string;
    /** The name shown, where there is one. */
    name: string | null;
}

/** One message of a conversation. */
export interface Message {
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
    /**
     * Values that the person set with the bot's parameter controls: a JSON object.
     *
     * Only what the person touched is there; defaults are not filled in. Names that were never
     * declared and values of any JSON type can occur.
     */
    parameters: string;
    /** What this bot attached with `reply.data` when it wrote the message. */
    metadata: string | null;
    /**
     * The message that this one quotes: an index into `query.referencedMessages`.
     *
     * Always within the list. A quoted message can quote another; there are no cycles.
     */
    referencedMessage: number | null;
    /** Reactions that it received. */
    reactions: MessageReaction[];
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

/** A file attached to a message. */
export interface Attachment {
    /** Where its bytes can be fetched, for about ten minutes. */
    url: string;
    /** Its media type, as the platform believes it to be. */
    contentType: string;
    /** Its file name. Chosen by a stranger: never use it as a path. */
    name: string;
    /** The label under which the text refers to it, as in `![title][label]`. */
    inlineRef: string | null;
    /** Its text, where the bot's settings ask the platform to extract it. */
    parsedContent: string | null;
}

/** A person's like or dislike of a message of this bot. */
export interface Feedback {
    /** The message. */
    messageId: string;
    /** Who judged. */
    userId: string;
    /** Where. */
    conversationId: string;
    /** `like` or `dislike`. More may come. */
    feedbackType: string;
}

/** A person's reaction to a message of this bot. */
export interface Reaction {
    /** The message. */
    messageId: string;
    /** Who reacted. */
    userId: string;
    /** Where. */
    conversationId: string;
    /** Such as `like`, `heart`, `laughing`, `surprised`, `sad`; other forms occur. */
    reaction: string;
}

/** What the platform could not make sense of. */
export interface ErrorReport {
    /** What was wrong, in words. */
    message: string;
    /** Details: a JSON object. */
    metadata: string;
}

/** How a reply is to be shown. What is not there is left out of the event. */
export interface Meta {
    /** `text/markdown` (the platform's default) or `text/plain`. */
    contentType?: string | null;
    /** Whether the platform may invent suggested replies. */
    suggestedReplies?: boolean | null;
    /** Whether URLs become links. Old; the platform may ignore it. */
    linkify?: boolean | null;
    /** Whether the platform should ask for the settings again. Old; it may ignore it. */
    refetchSettings?: boolean | null;
}

/** A file that a reply attaches. */
export interface File {
    /** Where its bytes are. */
    url: string;
    /** Its media type. */
    contentType: string;
    /** Its name, as shown. */
    name: string;
    /** The label under which the text of the reply refers to it. */
    inlineRef?: string | null;
}

/** How the platform should treat a bot. What is not there is left out, and its default holds. */
export interface Settings {
    /** How many calls to other bots one reply may make: bot name to number, 1 to 100. */
    serverBotDependencies?: Record<string, number>;
    /** Whether people may attach files. */
    allowAttachments?: boolean | null;
    /** Whether the platform extracts the text of attached documents. */
    expandTextAttachments?: boolean | null;
    /** Whether the platform describes attached images in words. */
    enableImageComprehension?: boolean | null;
    /** What the bot says first, in Markdown. */
    introductionMessage?: string | null;
    /** Whether consecutive messages of one role are joined before they are sent. */
    enforceAuthorRoleAlternation?: boolean | null;
    /** Whether messages of other bots in the conversation are sent along. */
    enableMultiEntityPrompting?: boolean | null;
    /** The price list, in Markdown with `[usd_milli_cents=N]` marks. */
    rateCard?: string | null;
    /** The price in a few words, with the same marks. */
    costLabel?: string | null;
    /**
     * Controls shown beside the text field, as the object that the platform documents:
     * `{ api_version: "2", sections: […] }`.
     *
     * The gateway logs a warning for each mistake that the platform would drop silently.
     */
    parameterControls?: Record<string, unknown> | null;
    /**
     * Further members of the settings object: for what the platform adds.
     *
     * A member named here wins over the field of the same name above.
     */
    extra?: Record<string, unknown> | null;
}

declare global {
    /** The bot's log. */
    var console: Record<"log" | "info" | "debug" | "warn" | "error" | "trace", (...values: unknown[]) => void>;
    /** Random bytes that nobody can predict. */
    var crypto: { getRandomValues<T extends ArrayBufferView>(array: T): T };
}
