/** Several answers, read as they come. */

import type { Answer } from "./answer.js";
import type { Event } from "./events.js";
import { PoeError } from "./failure.js";

/** What one of several answers has: an event, or the error that it ended with. */
export type Outcome = { which: number; event: Event } | { which: number; error: PoeError };

/** Several answers; see `merge`. */
export interface Merged extends AsyncIterable<[which: number, event: Event]> {
    /** The same, where the error of one is given like an event, with its place. */
    outcomes(): AsyncGenerator<Outcome, undefined>;
}

/**
 * Reads several answers as they come: pairs of the place of an answer here, and an event of it.
 *
 *     for await (const [which, event] of poe.merge(poe.ask("A"), poe.ask("B"))) {
 *         if (event.type === "text") reply.text(event.text, { index: which });
 *     }
 *
 * It throws the first `PoeError` of any, whose `bot` says who it was, and hangs up on the others; `outcomes` goes on.
 */
export function merge(...answers: Answer[]): Merged {
    return { [Symbol.asyncIterator]: () => pairs(answers), outcomes: () => outcomesOf(answers) };
}

async function* pairs(answers: Answer[]): AsyncGenerator<[number, Event], undefined> {
    for await (const outcome of outcomesOf(answers)) {
        if ("error" in outcome) throw outcome.error;
        yield [outcome.which, outcome.event];
    }
    return undefined;
}

async function* outcomesOf(answers: Answer[]): AsyncGenerator<Outcome, undefined> {
    const open = new Set(answers.keys());
    // Where to look first, so that a talkative bot does not silence the others.
    let first = 0;
    const inTurn = (): number[] => [...open].sort((one, other) => turn(one) - turn(other));
    const turn = (which: number): number => (which - first + answers.length) % answers.length;
    const waiting = new Map<number, Promise<void>>();
    try {
        while (open.size > 0) {
            const which = inTurn().find((one) => answers[one]!.isReady);
            if (which === undefined) {
                // One wait for each that is open, kept until it is ready.
                for (const one of open) {
                    if (!waiting.has(one))
                        waiting.set(
                            one,
                            answers[one]!.ready().then(() => void waiting.delete(one)),
                        );
                }
                await Promise.race(waiting.values());
                continue;
            }
            first = (which + 1) % answers.length;
            const outcome = take(answers[which]!, which);
            if (outcome === null || "error" in outcome) open.delete(which);
            if (outcome !== null) yield outcome;
        }
    } finally {
        for (const one of open) answers[one]!.close();
    }
    return undefined;
}

function take(answer: Answer, which: number): Outcome | null {
    try {
        const { done, value } = answer.takeReady();
        return done ? null : { which, event: value };
    } catch (error) {
        if (error instanceof PoeError) return { which, error };
        throw error;
    }
}
