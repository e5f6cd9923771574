// What goes over the wire: the query as it was sent, every event with its time, the rules that were
// broken. One answer at a time, as it comes.

import { by, copy, el } from "./dom.js";
import { Rows, time } from "./rows.js";

export class Panel {
  constructor() {
    this.rows = new Rows();
    this.trace = null;
    this.tabs = [...document.querySelectorAll('#panel [role="tab"]')];
    for (const tab of this.tabs) {
      tab.addEventListener("click", () => this.select(tab));
      tab.addEventListener("keydown", (event) => this.key(event, tab));
    }
    by("copy-curl").addEventListener("click", () => copy(this.trace?.asked?.curl ?? "", "Command"));
    by("close-panel").addEventListener("click", () => this.open(false));
    by("open-panel").addEventListener("click", () => this.open(by("app").classList.contains("no-panel")));
    this.open(window.innerWidth > 1080, false);
    /** Mistakes in the settings of the bot, which no answer has. */
    this.mistakes = [];
    this.of(null);
  }

  open(open, withFocus = true) {
    by("app").classList.toggle("no-panel", !open);
    by("open-panel").setAttribute("aria-expanded", String(open));
    if (!withFocus) return;
    if (open) this.tabs.find((tab) => tab.getAttribute("aria-selected") === "true").focus();
    else by("open-panel").focus();
  }

  select(tab) {
    for (const other of this.tabs) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      by(other.getAttribute("aria-controls")).hidden = !chosen;
    }
    this.changed();
  }

  key(event, tab) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const next = this.tabs[(this.tabs.indexOf(tab) + step + this.tabs.length) % this.tabs.length];
    next.focus();
    this.select(next);
  }

  /** Shows this answer. */
  of(trace) {
    this.trace = trace;
    this.asked = undefined;
    this.found = -1;
    this.rows.of(trace?.events ?? []);
    this.changed();
  }

  /** Says what is wrong with the settings of the bot. */
  settings(mistakes) {
    this.mistakes = mistakes;
    this.found = -1;
    this.changed();
  }

  /** The answer has changed. Called once for each picture. */
  changed() {
    this.rows.show();
    this.numbers();
    this.request();
    this.findings();
  }

  numbers() {
    const { trace } = this;
    const box = by("numbers");
    if (trace === null) {
      box.replaceChildren();
      return;
    }
    const end = trace.end ?? trace.last;
    const numbers = [
      ["status", trace.status === null ? "–" : String(trace.status || "none")],
      ["first event", trace.first === null ? "–" : time(trace.first)],
      ["events", (trace.events.length + trace.left - trace.findings.length).toLocaleString("en")],
      ["characters", trace.characters.toLocaleString("en")],
      ["took", end === undefined || end === null ? "–" : time(end)],
    ];
    if (box.children.length === 0) {
      box.append(...numbers.map(([name]) => el("div", {}, el("dt", {}, name), el("dd"))));
    }
    numbers.forEach(([, value], place) => {
      const shown = box.children[place].lastChild;
      if (shown.textContent !== value) shown.textContent = value;
    });
  }

  request() {
    const asked = this.trace?.asked ?? null;
    if (this.asked === asked) return;
    this.asked = asked;
    by("request-url").textContent = asked === null ? "" : `POST ${asked.url}`;
    by("copy-curl").disabled = asked === null;
    by("body").textContent = asked === null ? "Nothing was asked yet." : JSON.stringify(asked.body, null, 2);
    by("notes").replaceChildren(...(asked?.notes ?? []).map((note) => el("li", {}, note)));
  }

  findings() {
    const found = this.trace?.findings ?? [];
    const count = found.length + this.mistakes.length;
    const over = this.trace?.end !== null;
    if (this.found === count && this.over === over) return;
    [this.found, this.over] = [count, over];
    const badge = document.querySelector("#tab-findings .count");
    badge.hidden = count === 0;
    badge.textContent = count;
    badge.classList.toggle("mild", this.mistakes.length === 0 && found.every((finding) => !finding.must));
    document.querySelector("#open-panel .dot").hidden = count === 0;
    const mistakes = this.mistakes.map((mistake) => el("li", { class: "found must" }, el("b", {}, "Settings: "), mistake));
    const list = [...mistakes, ...found.map(finding)];
    if (list.length === 0) {
      const done = this.trace !== null && over;
      list.push(el("li", { class: done ? "nothing good" : "nothing" }, done ? "No rule was broken." : "Rules that the bot breaks appear here, as it breaks them."));
    }
    by("finding-list").replaceChildren(...list);
  }
}

function finding(found) {
  return el(
    "li", { class: found.must ? "found must" : "found" },
    el("div", {}, el("span", { class: "id" }, `${found.id} `), el("b", {}, found.title)),
    el("dl", {}, el("dt", {}, "expected"), el("dd", {}, found.expected), el("dt", {}, "got"), el("dd", {}, found.got)),
    el("p", { class: "source" }, `${found.must ? "must" : "should"}: ${found.source}`),
  );
}
