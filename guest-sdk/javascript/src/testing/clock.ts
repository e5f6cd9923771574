/** The clock of a scene: nobody waits for it, it is put forward. */

interface Moment {
    id: number;
    at: number;
    wake: () => void;
}

/** Time in milliseconds since the query. */
export class Clock {
    now = 0;
    #moments: Moment[] = [];
    #count = 0;

    /** Has a function called at a time, and says by which number it is forgotten. */
    at(time: number, wake: () => void): number {
        this.#count += 1;
        const moment = { id: this.#count, at: Math.max(time, this.now), wake };
        const behind = this.#moments.findIndex((other) => other.at > moment.at);
        this.#moments.splice(behind < 0 ? this.#moments.length : behind, 0, moment);
        return moment.id;
    }

    /** Resolves at a time. */
    until(time: number): Promise<void> {
        return new Promise((resolve) => void this.at(time, resolve));
    }

    /** Forgets what was to be called. */
    forget(id: unknown): void {
        this.#moments = this.#moments.filter((moment) => moment.id !== id);
    }

    /** Puts the clock forward while everything waits. */
    putForward(time: number): void {
        this.now = Math.max(this.now, time);
    }

    /** Goes on to the next moment, and calls what is due then. `false` where there is none. */
    goOn(): boolean {
        const next = this.#moments.shift();
        if (next === undefined) return false;
        this.now = Math.max(this.now, next.at);
        next.wake();
        return true;
    }
}
