/** `TextEncoder` and `TextDecoder`: UTF-8 by what the engine does in native code, all else by a package. */

import { TextDecoder as AnyTextDecoder } from "@exodus/bytes/encoding-lite.js";
import { bytesOf, textOf } from "../utf8.js";

/** The global `TextEncoder`. */
export class TextEncoder {
    get encoding(): string {
        return "utf-8";
    }

    encode(text = ""): Uint8Array {
        return bytesOf(String(text));
    }

    encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
        let [read, written] = [0, 0];
        for (const character of String(text)) {
            const bytes = bytesOf(character);
            if (written + bytes.length > target.length) break;
            target.set(bytes, written);
            written += bytes.length;
            read += character.length;
        }
        return { read, written };
    }
}

/** What a decoder does besides decoding. */
interface Options {
    fatal?: boolean;
    ignoreBOM?: boolean;
}

/** The global `TextDecoder`. */
export class TextDecoder {
    readonly #any: InstanceType<typeof AnyTextDecoder>;
    /** Whether a part of a stream was decoded, so that part of a character may be kept. */
    #isInStream = false;

    constructor(label = "utf-8", options: Options = {}) {
        this.#any = new AnyTextDecoder(label, options);
    }

    get encoding(): string {
        return this.#any.encoding;
    }

    get fatal(): boolean {
        return this.#any.fatal;
    }

    get ignoreBOM(): boolean {
        return this.#any.ignoreBOM;
    }

    decode(input?: ArrayBuffer | ArrayBufferView, { stream = false }: { stream?: boolean } = {}): string {
        const plain = input === undefined || this.#isInStream || stream ? null : this.#whole(input);
        if (plain !== null) return plain;
        this.#isInStream = stream;
        return this.#any.decode(input, { stream });
    }

    /** The text, where it is UTF-8 from the first byte to the last; `null` where the package has to look closer. */
    #whole(input: ArrayBuffer | ArrayBufferView): string | null {
        if (this.encoding !== "utf-8") return null;
        const bytes = ArrayBuffer.isView(input)
            ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
            : new Uint8Array(input);
        const text = textOf(bytes);
        return text !== null && !this.ignoreBOM && text.startsWith("\ufeff") ? text.slice(1) : text;
    }
}
