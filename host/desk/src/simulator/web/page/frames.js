// Spreads work over pictures of the screen: what comes faster than it can be shown waits its turn, and
// what is typed or clicked meanwhile does not wait for it.

/** How long we work for one picture, in milliseconds; the rest is for the browser to lay it out. */
const WORK_MS = 6;

/** How much is drawn for one picture, in characters: the browser has to lay it out as well. */
const WEIGHT_MAX = 8000;

/** How long a hidden page waits between two pieces of work, in milliseconds. */
const UNSEEN_MS = 500;

/** How much may wait before the sender has to. */
const WAITING_MAX = 2000;

/** A line of things to do, in order. */
export class Frames {
  /** `work` does one thing and gives back how much it was, and what is left of it; `shown` is called for each picture. */
  constructor(work, shown) {
    this.work = work;
    this.shown = shown;
    this.waiting = [];
    this.next = 0;
    this.scheduled = false;
    this.relieved = [];
  }

  /** Adds things. To be awaited, so that there are never too many. */
  async add(things) {
    for (const thing of things) this.waiting.push(thing);
    this.schedule();
    if (this.waiting.length - this.next > WAITING_MAX) {
      await new Promise((relieve) => this.relieved.push(relieve));
    }
  }

  /** Waits until everything is done. */
  async done() {
    while (this.next < this.waiting.length) {
      await new Promise((relieve) => this.relieved.push(relieve));
    }
  }

  schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    this.picture = requestAnimationFrame(() => this.run());
    // A hidden page gets no animation frames, but goes on.
    this.timer = setTimeout(() => this.run(), UNSEEN_MS);
  }

  /** Does one thing. One that cannot be done does not keep the others from being done. */
  attempt(thing) {
    try {
      return this.work(thing);
    } catch (error) {
      console.error(error);
      return { weighs: 0, left: null };
    }
  }

  run() {
    this.scheduled = false;
    cancelAnimationFrame(this.picture);
    clearTimeout(this.timer);
    const until = performance.now() + WORK_MS;
    let done = 0;
    while (this.next < this.waiting.length && done < WEIGHT_MAX && performance.now() < until) {
      const { weighs, left } = this.attempt(this.waiting[this.next]);
      done += weighs;
      if (left === null) this.next += 1;
      else this.waiting[this.next] = left;
    }
    if (this.next === this.waiting.length) {
      this.waiting = [];
      this.next = 0;
    } else {
      this.schedule();
    }
    this.shown();
    if (this.waiting.length - this.next < WAITING_MAX / 2) {
      for (const relieve of this.relieved.splice(0)) relieve();
    }
  }
}
