/** Numbers of 64 bits: QuickJS has them as numbers, StarlingMonkey as `BigInt`. */

declare const RAVENRY_WIDE_NUMBERS: boolean;

/** A whole number as the engine hands it over. */
export function wideNumber(value: number): number | bigint {
    return RAVENRY_WIDE_NUMBERS ? BigInt(value) : value;
}
