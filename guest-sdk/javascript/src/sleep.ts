/** Waiting, at no cost. */

/** Resolves after so many milliseconds. Whatever else the query waits for goes on meanwhile. */
export function sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}
