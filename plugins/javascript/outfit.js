// Shows files in both directions: an image of a person goes to one bot, and an image made by another comes back within
// the text. The bot of plugins/outfit, event for event.

import { bot, Failure, Message, poe } from "ravenry";

/** Who looks at the outfit. */
export const ADVISER = "Claude-3.5-Sonnet";

/** Who paints. */
export const PAINTER = "Imagen3-Fast";

/** What the adviser is asked. */
export const TASK =
    "The attached image shows what somebody wears at the moment. They want to wear another top," +
    " such as a shirt or a jacket. Suggest one, with its colour and cut, in a few words.";

/** Recommends a new top for an outfit, and shows it. */
export default bot({
    async respond(query, reply) {
        const image = newestImage(query);
        if (image === undefined) {
            reply.text("Please attach an image of your outfit so I can suggest a new top!");
            return;
        }
        const top = await advice(image, reply);
        reply.text("\n\nGenerating an example image...");
        const { url } = await painting(query, top);
        // The platform fetches it itself; it never passes through the bot.
        const file = reply.attachUrl(url, { inline: true });
        reply.text(`\n\nHere's an image of the recommended top![new_top][${file.inlineRef}]`);
    },

    settings() {
        return { allowAttachments: true, serverBotDependencies: { [ADVISER]: 1, [PAINTER]: 1 } };
    },
});

/** The first image of the newest message of a person that has one. */
function newestImage(query) {
    const images = query.messages
        .filter((message) => message.role === "user")
        .map((message) => message.attachments.find((file) => file.contentType.startsWith("image/")));
    return images.findLast((image) => image !== undefined);
}

/** Which top to wear. The reader sees the answer as it comes. */
async function advice(image, reply) {
    let top = "";
    for await (const event of poe.ask(ADVISER, { messages: [Message.user(TASK, { attachments: [image] })] })) {
        if (event.type === "text") top += event.text;
        else if (event.type === "replace") top = event.text;
        else continue;
        reply.passOn(event);
    }
    if (top.trim() === "") throw new Failure("I was unable to get a clothing recommendation from Claude.");
    return top.trim();
}

/** An image of that top: the last one that the painter attaches. */
async function painting(query, top) {
    const wish = query.lastMessage.with({ content: `Please create an image of a ${top} only. White background.` });
    let file;
    for await (const event of poe.ask(PAINTER, { messages: [...query.history, wish] })) {
        if (event.type === "file") file = event;
    }
    if (file === undefined) throw new Failure("The Imagen3-Fast bot did not return an image of the top.");
    return file;
}
