/**
 * The component: what the gateway calls, answered by a bot.
 *
 * Each call runs in a fresh instance, a copy of the memory that the build left behind. So everything that costs time
 * and is the same for all queries happens while the modules are loaded.
 */

import { conclude } from "ravenry/wait";
import { finish, logError, outcomeOf } from "../answer_query.js";
import { useBackend } from "../backend.js";
import { checked, type Bot, type ErrorReport, type Feedback, type Reaction } from "../bot.js";
import { prepare } from "../current_query.js";
import type { Failure } from "../failure.js";
import { stringify } from "../json.js";
import { Reply } from "../reply.js";
import { checkedSettings } from "../settings.js";
import { cameFrom } from "../trace.js";
import { feedbackOf, queryOf, reactionOf, reportOf, type GivenQuery } from "./convert.js";
import { GATEWAY } from "./gateway.js";
import { failureTo } from "./reply.js";

/** Writes a record of the bot's log. */
function log(record: string): void {
    console.error(record);
}

/** The functions of the interface `handler`, for the bot that a module exports. */
export function component(authored: Record<string, unknown>, file: string): object {
    const bot = botOf(authored, file);
    useBackend(GATEWAY);
    return {
        respond: (given: GivenQuery) =>
            conclude(
                () => respond(bot, given),
                () => undefined,
                (error) => giveUp(cameFrom(error, bot.respond)),
            ),
        settings: () =>
            conclude(
                () => bot.settings?.() ?? {},
                checkedSettings,
                (error) => failed(cameFrom(error, bot.settings)),
            ),
        onFeedback: (given: Feedback) => reported(() => bot.onFeedback?.(feedbackOf(given))),
        onReaction: (given: Reaction) => reported(() => bot.onReaction?.(reactionOf(given))),
        onError: (given: { message: string; metadata: string }) => reported(() => onError(bot, reportOf(given))),
    };
}

function botOf(authored: Record<string, unknown>, file: string): Bot {
    const exported = authored["default"] ?? authored["bot"];
    if (exported === undefined)
        throw new TypeError(`${file} exports no bot: end it with \`export default bot({ … })\``);
    return checked(exported);
}

function respond(bot: Bot, given: GivenQuery): void | Promise<void> {
    const query = prepare(queryOf(given), bot.insertsAttachments ?? true);
    const reply = new Reply();
    return finish(bot.respond(query, reply), reply);
}

/** Ends the reply after an error that nobody caught. */
function giveUp(error: unknown): undefined {
    const failure: Failure | null = outcomeOf(error, log);
    // An error of the interface is thrown as the value that it is.
    if (failure !== null) throw failureTo(failure);
}

/** Ends a call that has no error of its own: the gateway is told by a trap, which the engine repeats in its own way. */
function failed(error: unknown): never {
    logError(error, log);
    throw new Error("what failed stands above");
}

function reported(call: () => unknown): unknown {
    return conclude(call, () => undefined, failed);
}

function onError(bot: Bot, report: ErrorReport): unknown {
    if (bot.onError !== undefined) return bot.onError(report);
    log(`the platform reports an error: ${stringify(report.message)} ${stringify(report.metadata)}`);
    return undefined;
}
