/** Conversations as language models want them. */

import { Message, type Attachment } from "./query.js";

/**
 * Puts the text of attached files into the conversation: before the last message, and for the files of that
 * message alone.
 *
 * This is done before `respond` sees the conversation, unless `insertsAttachments` of the bot says otherwise; a bot
 * calls it for messages of its own. The array is a new one. The rules are those of the platform's reference
 * library (0.0.83):
 *
 * - Files whose text the platform did not extract are left out.
 * - `text/html` is quoted as what a URL leads to. Other `text/…` and `application/pdf` are quoted as content. What
 *   has `image` in its type is quoted as the analysis of an image; where the text is `name***analysis`, the name is
 *   taken from there. Anything else is left out.
 * - Each becomes a message of the user; texts come first, then images, each in the order in which they are attached.
 */
export function insertAttachments(messages: readonly Message[]): Message[] {
    const last = messages.at(-1);
    if (last === undefined) return [];
    const texts: Message[] = [];
    const images: Message[] = [];
    for (const { parsedContent: content, contentType, name } of last.attachments) {
        if (!content) continue;
        if (contentType === "text/html") {
            texts.push(
                Message.user(
                    `Assume you can access the external URL ${name}. Use the URL's content below to respond to the` +
                        ` queries:\n\n${content}`,
                ),
            );
        } else if (contentType.startsWith("text/") || contentType === "application/pdf") {
            texts.push(Message.user(`Below is the content of ${name}:\n\n${content}`));
        } else if (contentType.includes("image")) {
            images.push(imageMessage(name, content));
        }
    }
    return [...messages.slice(0, -1), ...texts, ...images, last];
}

function imageMessage(name: string, content: string): Message {
    const mark = content.indexOf("***");
    const [named, analysis] = mark < 0 ? [name, content] : [content.slice(0, mark), content.slice(mark + 3)];
    return Message.user(
        `I have uploaded an image (${named}). Assume that you can see the attached image. First, read the image` +
            ` analysis:\n\n<image_analysis>${analysis}</image_analysis>\n\nUse any relevant parts to inform your` +
            " response. Do NOT reference the image analysis in your response. Respond in the same language as my" +
            " next message. ",
    );
}

/**
 * Joins neighbours of the same role, for models that want roles to take turns.
 *
 * Texts are joined with an empty line. Of files, those of the later message come first, and each URL counts once.
 * Everything else is that of the first message of its run. The messages given stay as they are.
 */
export function alternateRoles(messages: Iterable<Message>): Message[] {
    const joined: Message[] = [];
    for (const message of messages) {
        const before = joined.at(-1);
        if (before?.role === message.role) {
            before.content = `${before.content}\n\n${message.content}`;
            before.attachments = uniqueByUrl([...message.attachments, ...before.attachments]);
        } else {
            joined.push(message.with({ attachments: [...message.attachments] }));
        }
    }
    return joined;
}

function uniqueByUrl(attachments: Attachment[]): Attachment[] {
    const first = new Map<string, Attachment>();
    for (const one of attachments) if (!first.has(one.url)) first.set(one.url, one);
    return [...first.values()];
}

/** The last messages of a conversation, at most this many. */
export function last(messages: readonly Message[], count: number): Message[] {
    return count > 0 ? messages.slice(-count) : [];
}

const ROLES: Record<string, string> = { system: "system", user: "user", bot: "assistant" };

/**
 * Messages as most model APIs want them: `[{ role: "user", content: "hi" }]`, where the role `bot` becomes
 * `assistant`.
 *
 * Tool calls and their results are left out, because they have a shape of their own there; so are roles without a
 * word of ours.
 */
export function roleContent(messages: Iterable<Message>): { role: string; content: string }[] {
    return Array.from(messages).flatMap(({ role, content, messageType }) => {
        const word = ROLES[role];
        return word === undefined || messageType !== null ? [] : [{ role: word, content }];
    });
}
