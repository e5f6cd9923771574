// The list of events. However many there are, only those that are on the screen are nodes.

import { by, copy, el } from "./dom.js";

const HEIGHT = 26;

/** Events that are shown in a colour of their own. */
const KINDS = new Set(["meta", "error", "done"]);

/** Rows beyond the edges, for scrolling. */
const SPARE = 6;

export class Rows {
  constructor() {
    this.box = by("rows");
    this.tall = this.box.querySelector(".tall");
    this.detail = by("detail");
    this.events = [];
    this.chosen = -1;
    this.follows = true;
    this.live = new Map();
    this.height = 0;
    // A look at the box in the middle of a picture would have it laid out twice.
    new ResizeObserver(() => {
      this.height = this.box.clientHeight;
      this.show();
    }).observe(this.box);
    this.box.addEventListener("scroll", () => {
      this.follows = this.box.scrollTop + this.height >= this.events.length * HEIGHT - HEIGHT;
      this.show();
    });
    this.box.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row !== null) this.choose(Number(row.dataset.place));
    });
    this.box.addEventListener("keydown", (event) => this.key(event));
    by("copy-event").addEventListener("click", () => copy(this.events[this.chosen]?.data ?? "", "Data"));
  }

  /** Shows the events of another answer. */
  of(events) {
    this.events = events;
    this.follows = true;
    this.clear();
    this.choose(-1);
    this.box.scrollTop = 0;
    this.show();
  }

  clear() {
    for (const row of this.live.values()) row.remove();
    this.live.clear();
  }

  /** There are more events, or others are on the screen. */
  show() {
    const count = this.events.length;
    this.tall.style.height = `${count * HEIGHT}px`;
    let top = this.box.scrollTop;
    if (this.follows && count * HEIGHT > this.height) {
      top = count * HEIGHT - this.height;
      if (Math.abs(this.box.scrollTop - top) > 1) this.box.scrollTop = top;
    }
    const first = Math.max(0, Math.floor(top / HEIGHT) - SPARE);
    const last = Math.min(count, Math.ceil((top + this.height) / HEIGHT) + SPARE);
    for (const [place, row] of this.live) {
      if (place < first || place >= last) {
        row.remove();
        this.live.delete(place);
      }
    }
    for (let place = first; place < last; place += 1) {
      if (!this.live.has(place)) this.live.set(place, this.row(place));
    }
    if (this.count !== count) {
      this.count = count;
      for (const row of this.live.values()) row.setAttribute("aria-setsize", count);
    }
  }

  row(place) {
    const { at, name, data, odd, finding } = this.events[place];
    const kind = finding ? `is-finding ${finding}` : odd ? "is-odd" : KINDS.has(name) ? `is-${name}` : "";
    const row = el(
      "div",
      { class: `row ${kind}`, role: "option", id: `row-${place}`, "data-place": place, "aria-posinset": place + 1, "aria-setsize": this.events.length, "aria-selected": place === this.chosen },
      el("span", { class: "at" }, time(at)), el("span", { class: "event" }, name), el("span", { class: "data" }, data.slice(0, 160)),
    );
    row.setAttribute("aria-selected", String(place === this.chosen));
    row.style.transform = `translateY(${place * HEIGHT}px)`;
    this.box.append(row);
    return row;
  }

  /** Shows an event whole. */
  choose(place) {
    this.live.get(this.chosen)?.setAttribute("aria-selected", "false");
    this.chosen = place;
    const event = this.events[place];
    this.detail.hidden = event === undefined;
    if (event === undefined) {
      this.box.removeAttribute("aria-activedescendant");
      return;
    }
    this.live.get(place)?.setAttribute("aria-selected", "true");
    this.box.setAttribute("aria-activedescendant", `row-${place}`);
    const cut = event.size > event.data.length * 4 || event.size > 4096 ? `, the first part of ${event.size.toLocaleString("en")} bytes` : "";
    this.detail.querySelector("span").textContent = `${place + 1}. ${event.name} at ${time(event.at)}${cut}${event.odd ? ` – ${event.odd}` : ""}`;
    this.detail.querySelector("pre").textContent = pretty(event.data);
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.height / HEIGHT) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (event.key === "Escape") this.choose(-1);
    if (step === undefined || this.events.length === 0) return;
    event.preventDefault();
    const place = Math.min(this.events.length - 1, Math.max(0, this.chosen + step));
    this.follows = false;
    const top = place * HEIGHT;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    if (top + HEIGHT > this.box.scrollTop + this.height) this.box.scrollTop = top + HEIGHT - this.height;
    this.show();
    this.choose(place);
  }
}

/** Milliseconds as a person reads them. */
export function time(at) {
  return at < 10000 ? `${at.toFixed(at < 100 ? 1 : 0)} ms` : `${(at / 1000).toFixed(1)} s`;
}

function pretty(data) {
  try {
    return JSON.stringify(JSON.parse(data), null, 2);
  } catch {
    return data;
  }
}
