/** What the gateway refuses with: a variant of the interface, which the engines throw within an error. */

/** A variant, as the engines have it. */
export interface Variant {
    tag: string;
    val?: unknown;
}

/** The variant that an error brings. What is no refusal is a mistake of ours, and is thrown on. */
export function refusalOf(error: unknown): Variant {
    const payload = (error as { payload?: unknown } | null)?.payload;
    if (typeof payload === "string") return { tag: payload };
    if (typeof payload === "object" && payload !== null && "tag" in payload) return payload as Variant;
    throw error;
}

/** The text that comes with a variant; empty where there is none. */
export function textOf(refusal: Variant): string {
    return typeof refusal.val === "string" ? refusal.val : "";
}

/** Calls the gateway, and throws what it refuses with as the error that this makes. */
export function asked<T>(call: () => T, errorOf: (refusal: Variant) => Error): T {
    try {
        return call();
    } catch (error) {
        throw errorOf(refusalOf(error));
    }
}

/** Bytes, in whatever the engine gives. */
export function bytes(given: Uint8Array | number[]): Uint8Array {
    return given instanceof Uint8Array ? given : Uint8Array.from(given);
}
