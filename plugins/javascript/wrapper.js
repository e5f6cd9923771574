// Shows how to bring a language model from outside to the platform: an HTTP API with a secret key, streamed as it comes.
// The bot of plugins/wrapper, event for event.

import { bot, env, Failure, http, HttpError, prompt } from "ravenry";

/** How much of a conversation is sent: the last messages, and of each the first characters. Whoever pays decides. */
const MESSAGES_MAX = 5;
const CHARACTERS_MAX = 50;

/** Most tokens of an answer. */
const TOKENS_MAX = 50;

/** A language model behind an API in the manner of OpenAI's. */
export default bot({
    async *respond(query) {
        // In the gateway, the placeholder of a secret.
        const key = env.OPENAI_API_KEY;
        if (key === undefined) {
            throw new Failure(
                "This bot has no key for its language model: whoever runs the server must set OPENAI_API_KEY.",
                { allowRetry: false },
            );
        }
        yield* words(await http.checked(await ask(key, prompt.last(query.messages, MESSAGES_MAX))));
    },
});

/** Asks the model: its answer has begun. */
function ask(key, messages) {
    // The manifest may name another place and another model.
    const base = (env.OPENAI_BASE_URL ?? "https://api.openai.com/v1").replace(/\/+$/, "");
    const short = messages.map((one) =>
        one.with({ content: Array.from(one.content).slice(0, CHARACTERS_MAX).join("") }),
    );
    return fetch(`${base}/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({
            model: env.OPENAI_MODEL ?? "gpt-4o-mini",
            messages: prompt.roleContent(short),
            temperature: 1.0,
            max_tokens: TOKENS_MAX,
            stream: true,
        }),
    });
}

/** The model's words, each as it comes. */
async function* words(response) {
    for await (const { data } of http.events(response)) {
        if (data === "[DONE]") return;
        const chunk = read(data);
        if (chunk?.error != null) throw new HttpError("broken", `the model gave up: ${JSON.stringify(chunk.error)}`);
        const choice = chunk?.choices?.[0];
        const text = choice?.delta?.content;
        if (typeof text === "string") yield text;
        // Not every server says `[DONE]`. An empty reason is none.
        if (typeof choice?.finish_reason === "string" && choice.finish_reason !== "") return;
    }
    // A whole answer says that it is whole; a page in HTML, for one, does not.
    throw new HttpError("malformed", "the answer has neither a `finish_reason` nor `[DONE]`");
}

function read(data) {
    try {
        return JSON.parse(data);
    } catch (error) {
        throw new HttpError("malformed", `an event of the answer is no JSON: ${error.message}`);
    }
}
