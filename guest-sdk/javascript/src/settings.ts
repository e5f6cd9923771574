/** How the platform should treat a bot. */

import type { ParameterControls } from "./controls.js";
import { isObject, stringify, type Members } from "./json.js";
import { maybeFlag, maybeWhole, shown, whole } from "./text.js";

/** How the platform should treat a bot. What is left out has the platform's default. */
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
    /** Controls shown beside the text field: made by `controls`, or as the object that the platform documents. */
    parameterControls?: ParameterControls | Members | null;
    /**
     * Further members of the settings object, by the platform's names; for what the platform adds.
     *
     * A member named here wins over the one of the same name above.
     */
    extra?: Members | null;
}

/** Settings as the gateway takes them. What is left out is `null`. */
export interface CheckedSettings {
    serverBotDependencies: [string, number][];
    allowAttachments: boolean | null;
    expandTextAttachments: boolean | null;
    enableImageComprehension: boolean | null;
    introductionMessage: string | null;
    enforceAuthorRoleAlternation: boolean | null;
    enableMultiEntityPrompting: boolean | null;
    rateCard: string | null;
    costLabel: string | null;
    parameterControls: string | null;
    extra: string | null;
}

const FLAGS = [
    "allowAttachments",
    "expandTextAttachments",
    "enableImageComprehension",
    "enforceAuthorRoleAlternation",
    "enableMultiEntityPrompting",
] as const;

const TEXTS = ["introductionMessage", "rateCard", "costLabel"] as const;

const OBJECTS = ["parameterControls", "extra"] as const;

const MEMBERS: readonly string[] = ["serverBotDependencies", ...FLAGS, ...TEXTS, ...OBJECTS];

/**
 * Settings, after a look at all of them. `TypeError` where they are none: also where there is a member that
 * settings do not have, which would be passed over in silence.
 */
export function checkedSettings(settings: unknown): CheckedSettings {
    if (!isObject(settings))
        throw new TypeError(`\`settings\` returned ${shown(settings)}, and should return an object`);
    for (const name of Object.keys(settings)) if (!MEMBERS.includes(name)) throw new TypeError(unknownMember(name));
    const given = settings as Settings;
    const flags = FLAGS.map((name) => [name, maybeFlag(name, given[name])]);
    const texts = TEXTS.map((name) => [name, maybeText(name, given[name])]);
    const objects = OBJECTS.map((name) => [name, maybeObject(name, given[name])]);
    return {
        serverBotDependencies: dependencies(given.serverBotDependencies),
        ...Object.fromEntries([...flags, ...texts, ...objects]),
    } as CheckedSettings;
}

function unknownMember(name: string): string {
    const plain = (text: string): string => text.replaceAll("_", "").toLowerCase();
    const [close] = MEMBERS.map((one) => [distance(plain(one), plain(name)), one] as const).sort((a, b) => a[0] - b[0]);
    const hint =
        close !== undefined && close[0] <= 3
            ? `did you mean \`${close[1]}\`?`
            : "what the platform adds goes into `extra`";
    return `settings have no member ${shown(name)}; ${hint}`;
}

/** How many characters are to be added, left out or changed to make one text of the other. */
function distance(one: string, other: string): number {
    let row = Array.from({ length: other.length + 1 }, (_, at) => at);
    for (let i = 1; i <= one.length; i++) {
        const next = [i];
        for (let j = 1; j <= other.length; j++) {
            const change = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
            next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, change));
        }
        row = next;
    }
    return row[other.length]!;
}

function dependencies(given: unknown): [string, number][] {
    if (given === undefined || given === null) return [];
    if (!isObject(given))
        throw new TypeError(`\`serverBotDependencies\` is an object of bot names and numbers, not ${shown(given)}`);
    return Object.entries(given).map(([bot, count]) => {
        if (typeof count !== "number" || !Number.isInteger(count) || count < 0 || count >= 2 ** 32) {
            throw new TypeError(`\`serverBotDependencies\` has a number for ${shown(bot)}, not ${shown(count)}`);
        }
        return [whole(bot), count];
    });
}

function maybeText(name: string, value: string | null | undefined): string | null {
    if (value !== null && value !== undefined && typeof value !== "string") {
        throw new TypeError(`\`${name}\` of settings is a text, not ${shown(value)}`);
    }
    return maybeWhole(value);
}

function maybeObject(name: string, value: unknown): string | null {
    if (value === null || value === undefined) return null;
    if (!isObject(value)) throw new TypeError(`\`${name}\` of settings is an object, not ${shown(value)}`);
    const text = stringify(value);
    return name === "extra" && text === "{}" ? null : text;
}
