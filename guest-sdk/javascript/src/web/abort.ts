/** `AbortController` and `AbortSignal`. */

import { Event, EventTarget } from "./event_target.js";
import { startTimer } from "./loop.js";

const MAKES = Symbol("makes");

/** The global `AbortSignal`. */
export class AbortSignal extends EventTarget {
    #isAborted = false;
    #reason: unknown = undefined;
    onabort: ((event: Event) => void) | null = null;

    constructor(key?: symbol) {
        if (key !== MAKES) throw new TypeError("an `AbortSignal` comes from an `AbortController`");
        super();
    }

    static #made(): AbortSignal {
        return new AbortSignal(MAKES);
    }

    get aborted(): boolean {
        return this.#isAborted;
    }

    get reason(): unknown {
        return this.#reason;
    }

    throwIfAborted(): void {
        if (this.#isAborted) throw this.#reason;
    }

    static abort(reason?: unknown): AbortSignal {
        const signal = AbortSignal.#made();
        abort(signal, reason);
        return signal;
    }

    static timeout(milliseconds: number): AbortSignal {
        const signal = AbortSignal.#made();
        startTimer(() => abort(signal, new DOMException("it took too long", "TimeoutError")), milliseconds, false);
        return signal;
    }

    static any(signals: Iterable<AbortSignal>): AbortSignal {
        const all = [...signals];
        const signal = AbortSignal.#made();
        const aborted = all.find((one) => one.aborted);
        if (aborted !== undefined) abort(signal, aborted.reason);
        else for (const one of all) one.addEventListener("abort", () => abort(signal, one.reason), { once: true });
        return signal;
    }

    /** Called by controllers alone. */
    static [MAKES](signal: AbortSignal, reason: unknown): void {
        if (signal.#isAborted) return;
        signal.#isAborted = true;
        signal.#reason = reason === undefined ? new DOMException("it was aborted", "AbortError") : reason;
        const event = new Event("abort");
        signal.onabort?.(event);
        signal.dispatchEvent(event);
    }
}

function abort(signal: AbortSignal, reason: unknown): void {
    AbortSignal[MAKES](signal, reason);
}

/** The global `AbortController`. */
export class AbortController {
    readonly signal = new AbortSignal(MAKES);

    abort(reason?: unknown): void {
        abort(this.signal, reason);
    }
}
