// One answer of a bot, from the moment it is asked for: its text, its files, how it ended, and what a
// person can do with it.

import { copy, el, face, iconButton, imageAddress, link, picture, safe } from "./dom.js";
import { Drawing } from "./draw.js";

/** Most events of one answer that are kept for the panel. */
const EVENTS_MAX = 20000;

/** Nothing was to be drawn, and nothing is left. */
const DONE = { weighs: 0, left: null };

/** Reactions, each with the name that the bot is told. */
const REACTIONS = [["❤️", "heart"], ["😂", "laugh"], ["😮", "wow"], ["😢", "sad"], ["🎉", "celebrate"]];

/** A file as it is shown: a picture, or a name that leads to it. */
export function fileView(file) {
  const name = file.name || "file";
  const source = file.content_type.startsWith("image/") ? imageAddress(file.url ?? "") : null;
  if (source !== null) {
    return el("img", { class: "picture", src: source, alt: name, loading: "lazy", referrerpolicy: "no-referrer" });
  }
  const url = safe(file.url ?? "", ["http:", "https:"]);
  const inner = [picture("file"), el("span", { class: "name" }, name)];
  return url === null ? el("span", { class: "file", title: "It has no address that the page would go to" }, ...inner)
    : link(url, { class: "file", title: `${name} (${file.content_type})` }, ...inner);
}

/** How many keys of a store are shown without being asked for. */
const KEYS_SHOWN = 6;

/** What a bot found in its store, and left there: what it changed stands first. */
function storeView({ keys, more, cut }) {
  const changed = keys.filter((key) => key.changed).length;
  const counts = [[changed, "changed"], [keys.length - changed, "read"], [more, "more"]].filter(([count]) => count > 0);
  const words = counts.map(([count, what]) => `${count} ${what}`);
  if (cut) words.push("and some that were not noted");
  const row = (key) => el("div", { class: key.changed ? "changed" : null }, el("dt", {}, key.name), el("dd", {}, key.words));
  return el(
    "details", { class: "store", open: keys.length <= KEYS_SHOWN },
    el("summary", {}, `Store: ${words.join(", ")}`), el("dl", {}, ...keys.map(row)),
  );
}

export class Answer {
  /** `doing` says what a person can do: again, report(kind, isReaction), inspect. */
  constructor(bot, doing) {
    this.doing = doing;
    /** What the panel shows of it. */
    this.trace = { events: [], left: 0, findings: [], asked: null, status: null, first: null, characters: 0, end: null, trouble: null };
    this.suggestions = [];
    /** The text as the bot wrote it, once all of it is there. */
    this.whole = null;
    this.texts = new Map();
    this.after = el("span", { class: "after" });
    this.waiting = el("span", { class: "waiting", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
    this.body = el("div", { class: "body" });
    this.files = el("div", { class: "files" });
    this.rest = el("div", { class: "rest" }, this.waiting, this.body);
    this.node = el(
      "li", { class: "answer", "aria-label": `${bot} answers` },
      face(bot), el("div", { class: "who" }, bot, this.after), this.rest,
    );
  }

  /** Takes what has happened. Gives back how much it was to draw, and what is left of it. */
  take(item) {
    const trace = this.trace;
    switch (item.k) {
      case "asked":
        trace.asked = item;
        break;
      case "head":
        trace.status = item.status;
        break;
      case "event":
        trace.first ??= item.at;
        trace.last = item.at;
        trace.characters += item.characters;
        this.row({ at: item.at, name: item.name, data: item.data, size: item.size, odd: item.odd ?? null });
        break;
      case "finding":
        trace.findings.push(item);
        this.row({ at: item.at, name: item.id, data: `${item.title}: expected ${item.expected}, got ${item.got}`, finding: item.must ? "must" : "should" });
        break;
      case "draw":
        return this.draw(item);
      case "suggest":
        if (this.suggestions.length < 20) this.suggestions.push(item.text);
        break;
      case "file":
        if (!item.inline) this.add(fileView(item));
        break;
      case "failed":
        this.failed(item.text ?? "The bot says that something went wrong.", item.allow_retry);
        break;
      case "store":
        this.store = storeView(item);
        break;
      case "instead":
        this.add(el("pre", { class: "instead" }, item.text));
        break;
      case "whole":
        this.whole = item.text;
        break;
      case "end":
        trace.end = item.at;
        trace.trouble = item.trouble;
        if (item.trouble !== null) this.failed(item.trouble, true);
        break;
    }
    return DONE;
  }

  row(row) {
    if (this.trace.events.length < EVENTS_MAX) this.trace.events.push(row);
    else this.trace.left += 1;
  }

  draw(item) {
    let drawing = this.texts.get(item.index);
    if (drawing === undefined) {
      drawing = new Drawing();
      this.texts.set(item.index, drawing);
      this.body.append(drawing.node);
    }
    this.waiting.remove();
    const [change] = item.changes;
    if (change === undefined) return DONE;
    const { weighs, left } = drawing.apply(change);
    if (left === null) item.changes.shift();
    else item.changes[0] = left;
    return { weighs, left: item.changes.length === 0 ? null : item };
  }

  add(node) {
    this.waiting.remove();
    if (!this.files.isConnected) this.rest.append(this.files);
    this.files.append(node);
  }

  failed(words, mayRetry) {
    this.waiting.remove();
    const box = el("div", { class: "trouble", role: "alert" }, el("div", {}, words));
    if (mayRetry) {
      const again = el("button", { type: "button", class: "chip", on: { click: () => this.doing.again() } }, picture("again"), "Try again");
      box.append(again);
      this.retry = again;
    }
    this.rest.append(box);
  }

  /** All its text, as it is read out. */
  text() {
    return [...this.texts.values()].map((text) => text.text()).join("\n\n");
  }

  /** It is over. */
  over(wasStopped) {
    this.waiting.remove();
    if (wasStopped) this.after.textContent = "stopped";
    if (this.store !== undefined) this.rest.append(this.store);
    this.rest.append(this.actions());
  }

  actions() {
    const { doing } = this;
    const like = iconButton("like", "Like", () => judge("like", like, dislike));
    const dislike = iconButton("dislike", "Dislike", () => judge("dislike", dislike, like));
    const judge = (kind, pressed, other) => {
      pressed.setAttribute("aria-pressed", "true");
      other.setAttribute("aria-pressed", "false");
      doing.report(kind, false);
    };
    const shown = el("span", { class: "reactions" });
    const menu = el("div", { class: "menu", popover: "auto", role: "group", "aria-label": "Reactions" });
    for (const [sign, kind] of REACTIONS) {
      const react = () => {
        menu.hidePopover();
        if (![...shown.children].some((there) => there.textContent === sign)) shown.append(el("span", {}, sign));
        doing.report(kind, true);
      };
      menu.append(el("button", { type: "button", "aria-label": kind, on: { click: react } }, sign));
    }
    const react = iconButton("react", "React", () => {
      const { left, top } = react.getBoundingClientRect();
      menu.style.left = `${left}px`;
      menu.style.top = `${Math.max(8, top - 54)}px`;
      menu.togglePopover();
      menu.querySelector("button").focus();
    });
    const trace = iconButton("trace", "Show its events", () => doing.inspect(this));
    trace.classList.add("trace");
    this.again = iconButton("again", "Ask again", () => doing.again());
    return el(
      "div", { class: "acts", role: "group", "aria-label": "What to do with this answer" },
      iconButton("copy", "Copy", () => copy(this.whole ?? this.text(), "Answer")), this.again, like, dislike, react, shown, menu,
      trace,
    );
  }

  /** Its events are no longer kept: there are many later ones. */
  forget() {
    this.trace.events.length = 0;
    this.node.querySelector(".trace")?.remove();
  }

  /** Another answer has come after it: it cannot be asked for again. */
  past() {
    this.again?.remove();
    this.retry?.remove();
  }
}
