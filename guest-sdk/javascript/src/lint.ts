/**
 * What the platform would drop in silence, said in sentences: the same as the gateway's linter.
 *
 * The platform checks settings strictly and in silence: one mistake, and the controls, or the whole object, are as
 * if never sent. Nothing is corrected here: what a bot says is what is sent.
 */

import { objectOf, type Members } from "./json.js";
import { lintControls, Lints, shownOnLine } from "./lint_controls.js";
import { checkedSettings, type CheckedSettings, type Settings } from "./settings.js";

/** The version of the settings' vocabulary that is sent. The platform drops parameter controls below. */
const RESPONSE_VERSION = 2;

/** Most calls to one other bot that a reply may declare. */
const CALLS_MAX = 100;

/** Members of the settings object by their names on the wire. */
const NAMES = {
    allow_attachments: "allowAttachments",
    expand_text_attachments: "expandTextAttachments",
    enable_image_comprehension: "enableImageComprehension",
    introduction_message: "introductionMessage",
    enforce_author_role_alternation: "enforceAuthorRoleAlternation",
    enable_multi_entity_prompting: "enableMultiEntityPrompting",
    rate_card: "rateCard",
    cost_label: "costLabel",
} as const;

/**
 * The members that the platform is known to take, old ones included (reference library 0.0.83). On any other it
 * drops the object.
 */
const KNOWN = new Set([
    ...Object.keys(NAMES),
    "response_version",
    "server_bot_dependencies",
    "enable_multi_bot_chat_prompting",
    "custom_rate_card",
    "parameter_controls",
    "context_clear_window_secs",
    "allow_user_context_clear",
]);

/**
 * Each mistake in settings that the platform would drop in silence, in one sentence, at most 51. Empty where there
 * is none.
 *
 * The gateway logs the same when it mounts a bot; a test finds it before:
 *
 *     assert.deepEqual(lint(cat.settings()), []);
 */
export function lint(settings: Settings): string[] {
    const lints = new Lints();
    const checked = checkedSettings(settings);
    dependencies(checked.serverBotDependencies, lints);
    price("rate_card", checked.rateCard, lints);
    price("cost_label", checked.costLabel, lints);
    const sent = membersOf(checked);
    for (const name of Object.keys(sent)) {
        if (KNOWN.has(name)) continue;
        lints.say(
            `\`extra\` has the member \`${shownOnLine(name)}\`, which the platform is not known to take; it may drop all settings.`,
        );
    }
    const controls = sent["parameter_controls"];
    if (controls !== undefined && controls !== null) {
        const version = sent["response_version"];
        if (typeof version !== "number" || !Number.isInteger(version) || version < RESPONSE_VERSION) {
            lints.say(
                `\`response_version\` is below ${RESPONSE_VERSION}; the platform then drops \`parameter_controls\`.`,
            );
        }
        lintControls(controls, lints);
    }
    return lints.sentences();
}

/** The members of the settings object, as they are sent. */
function membersOf(settings: CheckedSettings): Members {
    const members: Members = { response_version: RESPONSE_VERSION };
    if (settings.serverBotDependencies.length > 0) {
        members["server_bot_dependencies"] = Object.fromEntries(settings.serverBotDependencies);
    }
    for (const [name, member] of Object.entries(NAMES)) {
        const value = settings[member];
        if (value !== null) members[name] = value;
    }
    if (settings.parameterControls !== null) members["parameter_controls"] = objectOf(settings.parameterControls);
    return { ...members, ...objectOf(settings.extra ?? "{}") };
}

function dependencies(declared: [string, number][], lints: Lints): void {
    for (const [bot, calls] of declared) {
        if (bot === "") lints.say("`server_bot_dependencies` names a bot without a name.");
        if (calls < 1 || calls > CALLS_MAX) {
            lints.say(
                `\`server_bot_dependencies\` allows ${calls} calls to \`${shownOnLine(bot)}\`; the platform takes 1 to ${CALLS_MAX}.`,
            );
        }
    }
}

/** Looks for price marks that the platform would show as they stand. */
function price(name: string, text: string | null, lints: Lints): void {
    for (const mark of (text ?? "").split("[usd_milli_cents").slice(1)) {
        if (!/^=[0-9]+\]/.test(mark)) {
            lints.say(`\`${name}\` has a price mark that is not of the form \`[usd_milli_cents=N]\`.`);
        }
    }
}
