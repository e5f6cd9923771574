// The page: which bot, what was said, what is said now.

import { Refused, get, lines, post } from "./api.js";
import { Answer, fileView } from "./answer.js";
import { Composer } from "./composer.js";
import { Controls } from "./controls.js";
import { by, el, face, keep, toast } from "./dom.js";
import { make } from "./draw.js";
import { Frames } from "./frames.js";
import { Panel } from "./panel.js";

/** How many answers can still be looked into. */
const TRACES_MAX = 20;

const panel = new Panel();
const controls = new Controls();
const talk = by("talk");
const scroll = by("scroll");

let bots = [];
/** The conversation: which bot, and what the simulator calls it. */
let here = null;
/** The answer that runs: what stops it. */
let running = null;
let newest = null;
/** The answers that can be looked into, the oldest first. */
const traced = [];

const composer = new Composer({
  say: (text, files) => say(text, files),
  isReady: () => here !== null && here.tab !== null,
  stop: () => running?.stop.abort(),
  join: (name) => post("/page/api/people", { tab: here.tab, name }),
});

// --- the list of bots

function list() {
  const wanted = by("find").value.trim().toLowerCase();
  const found = bots.filter((bot) => bot.name.toLowerCase().includes(wanted));
  const items = found.map((bot) => {
    const where = bot.url === null ? "a script" : bot.url.replace(/^https?:\/\//, "");
    const button = el(
      "button", { type: "button", "aria-current": here?.bot === bot.name ? "true" : null, on: { click: () => choose(bot.name) } },
      face(bot.name), el("span", { class: "words" }, el("span", { class: "name" }, bot.name), el("span", { class: "where" }, where)),
    );
    return el("li", {}, button);
  });
  if (items.length === 0) items.push(el("li", { class: "none" }, bots.length === 0 ? "There are no bots." : "No bot has this in its name."));
  by("bot-list").replaceChildren(...items);
}

function showBots(open) {
  by("app").classList.toggle("bots", open);
  by("open-bots").setAttribute("aria-expanded", String(open));
}

function choose(bot) {
  showBots(false);
  const hash = `#${encodeURIComponent(bot)}`;
  if (location.hash === hash) open(bot);
  else location.hash = hash;
}

/** Begins a conversation with a bot. */
async function open(bot) {
  running?.stop.abort();
  const url = bots.find((known) => known.name === bot)?.url ?? "";
  by("bot-name").textContent = bot;
  by("bot-url").textContent = url;
  document.title = `${bot} · Ravenry`;
  here = { bot, tab: null };
  newest = null;
  list();
  talk.replaceChildren();
  suggest([]);
  panel.of(null);
  try {
    const about = await post("/page/api/open", { bot });
    if (here.bot !== bot) return;
    here.tab = about.tab;
    composer.of(about.people, about.allow_attachments);
    controls.of(about.controls);
    panel.settings(about.mistakes);
    introduce(bot, about);
  } catch (error) {
    introduce(bot, { trouble: error.message });
  }
  by("text").focus({ preventScroll: true });
}

/** A price, with its marks as dollars. */
function price(label) {
  return label.replace(/\[usd_milli_cents=(\d{1,12})\]/g, (_, milliCents) => `$${Number(milliCents) / 100000}`);
}

function introduce(bot, about) {
  const card = el("div", { class: "intro-card" }, face(bot), el("h2", {}, bot));
  if (typeof about.cost === "string") card.append(el("span", { class: "cost" }, price(about.cost)));
  if (about.introduction) card.append(el("div", { class: "text" }, ...about.introduction.map(make)));
  else card.append(el("p", { class: "hint" }, "Say something, and see what comes back, event by event."));
  if (about.trouble) card.append(el("p", { class: "trouble mild", role: "alert" }, about.trouble));
  by("intro").replaceChildren(card);
}

// --- the conversation

function say(text, files) {
  const who = composer.who();
  const shown = el("li", { class: "said", "aria-label": `${who.name} says` });
  if (who.several) shown.append(el("div", { class: "who" }, who.name));
  if (text !== "") shown.append(el("div", { class: "bubble" }, text));
  if (files.length > 0) shown.append(el("div", { class: "files" }, ...files.map(fileView)));
  talk.append(shown);
  answer("/page/api/say", { tab: here.tab, person: who.place, text, files, parameters: controls.values() });
}

function again() {
  running?.stop.abort();
  newest?.node.remove();
  newest = null;
  answer("/page/api/again", { tab: here.tab });
}

/** Asks, and shows the answer as it comes. */
async function answer(path, body) {
  running?.stop.abort();
  newest?.past();
  suggest([]);
  const { bot } = here;
  const shown = new Answer(bot, {
    again,
    inspect: (which) => {
      panel.of(which.trace);
      panel.open(true);
    },
    report: (kind, reaction) => report(shown, kind, reaction),
  });
  newest = shown;
  traced.push(shown);
  if (traced.length > TRACES_MAX) traced.shift().forget();
  const mine = { stop: new AbortController() };
  running = mine;
  composer.running(true);
  talk.append(shown.node);
  panel.of(shown.trace);
  scroll.scrollTop = 0;
  by("live").textContent = `${bot} is answering`;
  const frames = new Frames((item) => shown.take(item), () => picture(shown));
  let wasStopped = false;
  try {
    await lines(path, body, mine.stop.signal, (items) => frames.add(items));
  } catch (error) {
    wasStopped = mine.stop.signal.aborted;
    if (!wasStopped) frames.add([{ k: "end", at: 0, trouble: error instanceof Refused ? error.message : "The simulator broke off." }]);
  }
  await frames.done();
  shown.over(wasStopped);
  if (running !== mine) return;
  running = null;
  composer.running(false);
  suggest(shown.suggestions);
  picture(shown);
  by("live").textContent = `${bot} ${wasStopped ? "was stopped" : "says"}: ${shown.text().slice(0, 2000)}`;
}

/** The screen is about to be drawn. */
function picture(shown) {
  if (panel.trace === shown.trace) panel.changed();
}

function suggest(replies) {
  const box = by("suggestions");
  box.hidden = replies.length === 0;
  box.replaceChildren(...replies.map((reply) => el("button", { type: "button", class: "chip", on: { click: () => {
    say(reply, []);
    by("text").focus({ preventScroll: true });
  } } }, reply)));
}

async function report(shown, kind, reaction) {
  const message = shown.trace.asked?.message_id ?? "";
  try {
    const told = await post("/page/api/report", { tab: here.tab, person: composer.who().place, message, kind, reaction });
    const words = typeof told.status === "number" ? `The bot was told: ${kind} (status ${told.status})` : `The bot was not told: ${told.status}`;
    toast(words);
  } catch (error) {
    toast(error.message);
  }
}

// --- the rest of the page

new IntersectionObserver(([bottom]) => {
  by("to-bottom").hidden = bottom.isIntersecting;
}, { root: scroll, rootMargin: "60px" }).observe(by("bottom"));

by("to-bottom").addEventListener("click", () => {
  scroll.scrollTop = 0;
  by("text").focus({ preventScroll: true });
});

const THEMES = { auto: "As the system", light: "Light", dark: "Dark" };

function theme(name) {
  document.documentElement.dataset.theme = name;
  by("theme").querySelector("span").textContent = THEMES[name];
  by("theme").setAttribute("aria-label", `Colours: ${THEMES[name]}`);
  localStorage.setItem("theme", name);
}

by("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  theme(names[(names.indexOf(document.documentElement.dataset.theme) + 1) % names.length]);
});
theme(Object.hasOwn(THEMES, localStorage.getItem("theme") ?? "") ? localStorage.getItem("theme") : "auto");

by("find").addEventListener("input", list);
by("new").addEventListener("click", () => here !== null && open(here.bot));
by("record").addEventListener("click", async () => {
  if (!here?.tab) return;
  try {
    const { text } = await post("/page/api/record", { tab: here.tab });
    keep(text, `${here.bot}.toml`);
  } catch (error) {
    toast(error.message);
  }
});
by("open-bots").addEventListener("click", () => {
  showBots(true);
  by("find").focus();
});
by("close-bots").addEventListener("click", () => {
  showBots(false);
  by("open-bots").focus();
});
by("scroll").addEventListener("click", () => showBots(false));
window.addEventListener("hashchange", () => {
  const bot = decodeURIComponent(location.hash.slice(1));
  if (bots.some((known) => known.name === bot)) open(bot);
});

async function start() {
  try {
    bots = await get("/page/api/bots");
  } catch (error) {
    introduce("Ravenry", { trouble: error.message });
    return;
  }
  list();
  const wanted = decodeURIComponent(location.hash.slice(1));
  const first = bots.find((bot) => bot.name === wanted) ?? bots[0];
  if (first === undefined) introduce("Ravenry", { trouble: "There are no bots yet. Start `ravenry up` on a directory of bots." });
  else open(first.name);
}

start();
