/** What is to be done next: the reactions of promises, and what `queueMicrotask` was given. */

/** Something to be done once. */
export interface Job {
    run(): void;
}

/** Jobs that are done are taken out when there are so many: a long chain would otherwise keep all that it ever had. */
const DONE_MAX = 1_024;

const queue: Job[] = [];
let next = 0;

/** Adds a job. */
export function enqueue(job: Job): void {
    queue.push(job);
}

/** The global `queueMicrotask`. */
export function queueMicrotask(call: () => void): void {
    if (typeof call !== "function") throw new TypeError("`queueMicrotask` takes a function");
    queue.push({ run: call });
}

/** Does all jobs, and those that they add. What a job throws is thrown, and the others stay. */
export function runJobs(): void {
    while (next < queue.length) {
        const job = queue[next]!;
        next += 1;
        if (next === DONE_MAX) {
            queue.splice(0, next);
            next = 0;
        }
        job.run();
    }
    queue.length = 0;
    next = 0;
}
