/** `setTimeout` and its kin. */

import { startTimer, stopTimer } from "./loop.js";

type Call = (...values: unknown[]) => void;

function timer(isRepeated: boolean): (call: Call, milliseconds?: number, ...values: unknown[]) => number {
    return (call, milliseconds = 0, ...values) => {
        if (typeof call !== "function") throw new TypeError("a timer calls a function");
        return startTimer(() => call(...values), Number(milliseconds), isRepeated);
    };
}

export const setTimeout = timer(false);
export const setInterval = timer(true);
export const clearTimeout = stopTimer;
export const clearInterval = stopTimer;
