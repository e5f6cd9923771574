// The interface itself (wit/), for what ravenry.js leaves out. Refusals are thrown as errors whose
// `payload` is the variant: `{ tag: "denied", val: "…" }`. `answer.subscribe` is not here: see build.mjs.

declare module "ravenry:bot/request" {
    const request: {
        raw(): string;
        header(name: string): string | null;
        headers(): [string, string][];
        reference(): string;
    };
    export default request;
}

declare module "ravenry:bot/poe" {
    export interface SaidEvent {
        name: string;
        text: string;
        index: number | null;
        data: string;
    }
    export interface Answer {
        read(): SaidEvent[];
        relay(): void;
        relayText(): void;
        [Symbol.dispose](): void;
    }
    export interface FileEvent {
        url: string;
        contentType: string;
        name: string;
        inlineRef: string | null;
    }
    export interface CostItem {
        amountUsdMilliCents: number;
        description?: string | null;
    }
    const poe: {
        ask(bot: string, body: string): Answer;
        attach(name: string, contentType: string | null, bytes: Uint8Array, inline: boolean): FileEvent;
        attachUrl(url: string, name: string | null, inline: boolean): FileEvent;
        readAttachment(url: string, bytesMax: number): Uint8Array;
        authorize(items: CostItem[]): void;
        capture(items: CostItem[]): void;
    };
    export default poe;
}
