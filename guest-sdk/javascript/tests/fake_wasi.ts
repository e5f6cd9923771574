/**
 * What a component imports of WASI to wait and to reach the web, played: a host that answers one request, a step at a
 * time, and handles that keep the rules of the real ones.
 *
 * Whoever gives a handle back before another that came from it, or uses one that was given back, gets an error that is
 * no refusal: so a test fails.
 */

/** A handle, and those that came from it. */
class Handle {
    readonly name: string;
    readonly #from: Handle | null;
    readonly #children = new Set<Handle>();
    #isOpen = true;

    constructor(name: string, from: Handle | null = null) {
        from?.use();
        this.name = name;
        this.#from = from;
        if (from !== null) from.#children.add(this);
        open.add(this);
    }

    use(): void {
        if (!this.#isOpen) throw new Error(`${this.name} was given back`);
    }

    [Symbol.dispose](): void {
        this.use();
        const [child] = this.#children;
        if (child !== undefined) throw new Error(`${this.name} is given back before ${child.name}, which came from it`);
        this.#isOpen = false;
        if (this.#from !== null) this.#from.#children.delete(this);
        open.delete(this);
    }
}

const open = new Set<Handle>();
let toCome: Uint8Array[] = [];
/** Times that something is looked at before it is ready. */
const LOOKS = 2;

/** What is called when the component waits, with how often it has. */
let waits: (count: number) => void = () => undefined;
let waitCount = 0;

/** Begins anew: with these chunks in the answer. */
export function begin(chunks: string[], onWait: (count: number) => void): void {
    open.clear();
    waits = onWait;
    waitCount = 0;
    toCome = chunks.map((chunk) => new TextEncoder().encode(chunk));
}

/** The names of handles that were not given back. */
export function left(): string[] {
    return Array.from(open, ({ name }) => name);
}

class Pollable extends Handle {
    ready(): boolean {
        this.use();
        return true;
    }

    block(): void {
        this.use();
    }
}

export function poll(pollables: Pollable[]): number[] {
    for (const pollable of pollables) pollable.use();
    if (pollables.length === 0) throw new Error("a poll of nothing traps");
    waitCount += 1;
    waits(waitCount);
    return [0];
}

export function subscribeDuration(): Pollable {
    return new Pollable("alarm");
}

/** Something that is ready at the second look. */
class Slow extends Handle {
    #looks = 0;

    protected isThere(): boolean {
        this.use();
        this.#looks += 1;
        const isThere = this.#looks >= LOOKS;
        if (isThere) this.#looks = 0;
        return isThere;
    }

    subscribe(): Pollable {
        return new Pollable(`pollable of ${this.name}`, this);
    }
}

export class Fields extends Handle {
    static fromList(): Fields {
        return new Fields("fields");
    }

    entries(): [string, Uint8Array][] {
        this.use();
        return [["content-type", new TextEncoder().encode("text/event-stream")]];
    }
}

class OutputStream extends Slow {
    checkWrite(): number {
        return this.isThere() ? 4_096 : 0;
    }

    write(bytes: Uint8Array): void {
        this.use();
        if (bytes.length > 4_096) throw new Error("more was written than there is room for");
    }

    flush(): void {
        this.use();
    }
}

export class OutgoingBody extends Handle {
    static finish(body: OutgoingBody): void {
        body[Symbol.dispose]();
    }

    write(): OutputStream {
        return new OutputStream("output stream", this);
    }
}

export class OutgoingRequest extends Handle {
    constructor(headers: Fields) {
        super("request");
        headers[Symbol.dispose]();
    }

    body(): OutgoingBody {
        return new OutgoingBody("outgoing body");
    }

    setMethod(): void {
        this.use();
    }

    setScheme(): void {
        this.use();
    }

    setAuthority(): void {
        this.use();
    }

    setPathWithQuery(): void {
        this.use();
    }
}

class InputStream extends Slow {
    read(): Uint8Array {
        if (!this.isThere()) return new Uint8Array();
        const chunk = toCome.shift();
        if (chunk === undefined) throw Object.assign(new Error("closed"), { payload: { tag: "closed" } });
        return chunk;
    }
}

class FutureTrailers extends Slow {
    get(): object | null {
        return this.isThere() ? { tag: "ok", val: { tag: "ok", val: null } } : null;
    }
}

export class IncomingBody extends Handle {
    static finish(body: IncomingBody): FutureTrailers {
        body[Symbol.dispose]();
        return new FutureTrailers("trailers");
    }

    stream(): InputStream {
        return new InputStream("input stream", this);
    }
}

class IncomingResponse extends Handle {
    status(): number {
        this.use();
        return 200;
    }

    headers(): Fields {
        return new Fields("headers", this);
    }

    consume(): IncomingBody {
        this.use();
        return new IncomingBody("incoming body");
    }
}

class FutureIncomingResponse extends Slow {
    get(): object | null {
        return this.isThere() ? { tag: "ok", val: { tag: "ok", val: new IncomingResponse("response") } } : null;
    }
}

export function handle(request: OutgoingRequest): FutureIncomingResponse {
    request[Symbol.dispose]();
    return new FutureIncomingResponse("future response");
}

export function httpErrorCode(): null {
    return null;
}
