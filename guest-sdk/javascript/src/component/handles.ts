/** Handles of the gateway, given back in an order that it takes. */

import { forget, until } from "ravenry/wait";
import type { Pollable } from "xasi:io/poll@0.2.11";

/** What is not closed. The engine must not free a handle of which another is left: that ends the component. */
const open = new Set<Handles>();

/** Handles that came from each other. Closed: pollables first, then the others, newest first. */
export class Handles {
    readonly #pollables = new Set<Pollable>();
    readonly #others: Disposable[] = [];

    constructor() {
        open.add(this);
    }

    /** Takes a handle, which came from those that are here already or from none. */
    keep<H extends Disposable>(handle: H): H {
        this.#others.push(handle);
        return handle;
    }

    /** Hands a handle on: whoever takes it closes it. */
    give<H extends Disposable>(handle: H): H {
        const at = this.#others.indexOf(handle);
        if (at >= 0) this.#others.splice(at, 1);
        return handle;
    }

    /** Closes one handle, of which no pollable and no other handle is left. */
    drop(handle: Disposable): void {
        this.give(handle)[Symbol.dispose]();
    }

    /** Resolves when a handle that is here is ready. */
    async until(source: { subscribe(): Pollable }): Promise<void> {
        const pollable = source.subscribe();
        this.#pollables.add(pollable);
        await until(pollable);
        this.#pollables.delete(pollable);
    }

    /** Whether a handle is ready now. */
    isReady(source: { subscribe(): Pollable }): boolean {
        const pollable = source.subscribe();
        const isReady = pollable.ready();
        pollable[Symbol.dispose]();
        return isReady;
    }

    /** Closes all of them. May be called twice. */
    close(): void {
        for (const pollable of this.#pollables) forget(pollable);
        this.#pollables.clear();
        for (const handle of this.#others.reverse()) handle[Symbol.dispose]();
        this.#others.length = 0;
        open.delete(this);
    }
}
