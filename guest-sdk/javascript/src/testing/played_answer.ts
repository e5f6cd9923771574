/** An answer of another bot in a scene. */

import type { AnswerSource, SaidEvent } from "../backend.js";
import { membersOf, nameOf, type Event } from "../events.js";
import { PoeError } from "../failure.js";
import { stringify } from "../json.js";
import type { Clock } from "./clock.js";
import type { Step } from "./script.js";

interface TimedStep {
    at: number;
    /** `null`: the end. */
    step: Event | PoeError | null;
}

/** What another bot says, and when. The last step is its end. */
export class PlayedAnswer implements AnswerSource {
    readonly #clock: Clock;
    readonly #handOn: (event: Event) => void;
    #steps: TimedStep[] = [];

    constructor(clock: Clock, steps: readonly Step[], handOn: (event: Event) => void) {
        this.#clock = clock;
        this.#handOn = handOn;
        let at = clock.now;
        for (const step of steps) {
            if (typeof step === "number") at += step;
            else this.#steps.push({ at, step });
        }
        this.#steps.push({ at, step: null });
    }

    get #due(): number {
        return this.#steps[0]?.at ?? this.#clock.now;
    }

    ready(): Promise<void> {
        return this.#clock.until(this.#due);
    }

    isReady(): boolean {
        return this.#due <= this.#clock.now;
    }

    read(): SaidEvent[] {
        return this.#read().map(saidOf);
    }

    #read(): Event[] {
        this.#clock.putForward(this.#due);
        const events: Event[] = [];
        for (let next = this.#steps[0]; next !== undefined; next = this.#steps[0]) {
            const { at, step } = next;
            const isEnd = step === null || step instanceof PoeError;
            if (events.length > 0 && (isEnd || at > this.#clock.now)) break;
            this.#steps.shift();
            if (step === null) break;
            if (step instanceof PoeError) {
                this.#steps = [];
                // Another one each time: the bot that was asked is written into it.
                throw new PoeError(step.kind, step.text, { said: step.said, stopped: step.stopped, bot: step.bot });
            }
            events.push(step);
        }
        return events;
    }

    relay(): Promise<void> {
        return this.#relay((event) => event.type !== "data");
    }

    relayText(): Promise<void> {
        return this.#relay((event) => event.type === "text" || event.type === "replace");
    }

    async #relay(isWanted: (event: Event) => boolean): Promise<void> {
        for (;;) {
            await this.ready();
            const events = this.#read();
            if (events.length === 0) return;
            events.filter(isWanted).forEach(this.#handOn);
        }
    }

    close(): void {
        this.#steps = [];
    }
}

function saidOf(event: Event): SaidEvent {
    const [name, none] = [nameOf(event), { index: null, data: "{}" }];
    switch (event.type) {
        case "text":
        case "replace":
            return { name, text: event.text, index: event.index, data: "{}" };
        case "suggest":
            return { name, text: event.text, ...none };
        case "data":
            return { name, text: event.metadata, ...none };
        default:
            return { name, text: "", index: null, data: stringify(membersOf(event)) };
    }
}
