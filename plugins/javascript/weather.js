// Shows tools: a function of the bot that a language model calls when it needs it. The bot of plugins/weather, event for
// event.

import { bot, tools } from "ravenry";

/** Who is asked. Twice where it calls the tool: the second time with what came of it. */
export const MODEL = "GPT-3.5-Turbo";

/** What this bot knows of the weather: where, and how warm. In whatever unit one likes. */
const WEATHER = { Tokyo: "11", "San Francisco": "72", Paris: "22" };

const toolbox = new tools.Toolbox().add(
    {
        name: "get_current_weather",
        description: "The weather that a place has now",
        parameters: {
            type: "object",
            properties: {
                location: {
                    type: "string",
                    description: "A city, and its state where it has one: San Francisco, CA",
                },
                unit: { type: "string", enum: ["celsius", "fahrenheit"] },
            },
            required: ["location"],
        },
    },
    currentWeather,
);

/** The weather that a place has now. */
export function currentWeather({ location, unit = "fahrenheit" }) {
    for (const [city, temperature] of Object.entries(WEATHER)) {
        if (location.toLowerCase().includes(city.toLowerCase())) return { location: city, temperature, unit };
    }
    return { location, temperature: "unknown" };
}

/** A language model that knows the weather. */
export default bot({
    async respond(query, reply) {
        await toolbox.run(MODEL, query, reply);
    },

    settings() {
        return { serverBotDependencies: { [MODEL]: 2 } };
    },
});
