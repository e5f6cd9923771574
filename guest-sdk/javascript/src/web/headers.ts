/** `Headers`. */

type Init = Headers | Iterable<readonly [string, string]> | Record<string, string>;

/** Characters that a name may have (RFC 9110). */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The global `Headers`: names in lower case, values without spaces around them. */
export class Headers {
    /** Values by their names. Only those of `set-cookie` are never joined. */
    readonly #values = new Map<string, string[]>();

    constructor(init?: Init | null) {
        if (init === undefined || init === null) return;
        const pairs = Symbol.iterator in init ? (init as Iterable<readonly [string, string]>) : Object.entries(init);
        for (const [name, value] of pairs) this.append(name, value);
    }

    append(name: string, value: string): void {
        const key = nameOf(name);
        this.#values.set(key, [...(this.#values.get(key) ?? []), valueOf(name, value)]);
    }

    set(name: string, value: string): void {
        this.#values.set(nameOf(name), [valueOf(name, value)]);
    }

    get(name: string): string | null {
        return this.#values.get(nameOf(name))?.join(", ") ?? null;
    }

    has(name: string): boolean {
        return this.#values.has(nameOf(name));
    }

    delete(name: string): void {
        this.#values.delete(nameOf(name));
    }

    getSetCookie(): string[] {
        return [...(this.#values.get("set-cookie") ?? [])];
    }

    forEach(call: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
        for (const [name, value] of this) call.call(self, value, name, this);
    }

    *entries(): Generator<[string, string], undefined> {
        for (const name of [...this.#values.keys()].sort()) {
            const values = this.#values.get(name) ?? [];
            if (name === "set-cookie") for (const value of values) yield [name, value];
            else yield [name, values.join(", ")];
        }
        return undefined;
    }

    *keys(): Generator<string, undefined> {
        for (const [name] of this.entries()) yield name;
        return undefined;
    }

    *values(): Generator<string, undefined> {
        for (const [, value] of this.entries()) yield value;
        return undefined;
    }

    [Symbol.iterator](): Generator<[string, string], undefined> {
        return this.entries();
    }
}

function nameOf(name: string): string {
    const text = String(name);
    if (!NAME.test(text)) throw new TypeError(`${JSON.stringify(text)} is not the name of a header`);
    return text.toLowerCase();
}

function valueOf(name: string, value: string): string {
    const text = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
    // The value may be a secret, and is not repeated.
    if (/[\0\r\n]/.test(text)) throw new TypeError(`the value of the header ${name} has a line break in it`);
    return text;
}
