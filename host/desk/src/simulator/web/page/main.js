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
const scroll = by("scroll");

let bots = [];
/** The conversations of this page, by bot: each goes on while another is looked at. */
const talks = new Map();
/** The one that is looked at: which bot, what the simulator calls it, and its answers. */
let here = null;
/** The answers that can be looked into, the oldest first. */
const traced = [];

/** What the simulator calls the conversations of this tab of the browser, by bot: over a reload. */
const tabs = {
  all: () => JSON.parse(sessionStorage.getItem("tabs") ?? "{}"),
  of: (bot) => tabs.all()[bot] ?? null,
  keep: (bot, tab) => sessionStorage.setItem("tabs", JSON.stringify({ ...tabs.all(), [bot]: tab })),
};

const composer = new Composer({
  say: (text, files) => say(text, files),
  isReady: () => here !== null && here.tab !== null,
  stop: () => here?.running?.stop.abort(),
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

/** Goes on with the conversation with a bot, or begins one. */
async function open(bot, anew = false) {
  const known = talks.get(bot);
  if (known !== undefined && !anew) {
    show(known);
    return;
  }
  known?.running?.stop.abort();
  const node = el("ol", { id: "talk", "aria-label": "Conversation" });
  const talk = { bot, tab: null, node, about: null, running: null, newest: null, suggestions: [] };
  talks.set(bot, talk);
  show(talk);
  try {
    talk.about = await post("/page/api/open", { bot, tab: anew ? null : tabs.of(bot) });
    talk.tab = talk.about.tab;
    tabs.keep(bot, talk.tab);
    await restore(talk, talk.about.said);
  } catch (error) {
    talk.about = { trouble: error.message };
    // The next look tries again.
    talks.delete(bot);
  }
  if (here === talk) show(talk);
}

/** Looks at a conversation. */
function show(talk) {
  here = talk;
  const { bot, about } = talk;
  by("bot-name").textContent = bot;
  by("bot-url").textContent = bots.find((known) => known.name === bot)?.url ?? "";
  document.title = `${bot} · Ravenry`;
  list();
  if (by("talk") !== talk.node) by("talk").replaceWith(talk.node);
  suggest(talk.running === null ? talk.suggestions : []);
  composer.running(talk.running !== null);
  panel.of(talk.newest?.trace ?? null);
  by("intro").replaceChildren();
  if (about === null) return;
  if (about.people !== undefined) {
    composer.of(about.people, about.allow_attachments);
    controls.of(about.controls);
    panel.settings(about.mistakes);
  }
  introduce(bot, about);
  by("text").focus({ preventScroll: true });
}

/** Shows what was said before the page was loaded. */
async function restore(talk, messages) {
  for (const message of messages) {
    if (message.items.length === 0) {
      talk.node.append(saying(message.who ?? "You", talk.about.people.length > 1, message.text, message.files));
      continue;
    }
    const shown = answering(talk);
    shown.trace.asked = { message_id: message.message_id };
    talk.newest?.past();
    talk.newest = shown;
    talk.node.append(shown.node);
    const frames = new Frames((item) => shown.take(item), () => {});
    await frames.add(message.items);
    await frames.done();
    shown.over(false);
    shown.forget();
  }
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

/** What a person says, as it is shown. */
function saying(name, several, text, files) {
  const shown = el("li", { class: "said", "aria-label": `${name} says` });
  if (several) shown.append(el("div", { class: "who" }, name));
  if (text !== "") shown.append(el("div", { class: "bubble" }, text));
  if (files.length > 0) shown.append(el("div", { class: "files" }, ...files.map(fileView)));
  return shown;
}

function say(text, files) {
  const who = composer.who();
  here.node.append(saying(who.name, who.several, text, files));
  answer(here, "/page/api/say", { tab: here.tab, person: who.place, text, files, parameters: controls.values() });
}

function again(talk) {
  talk.running?.stop.abort();
  talk.newest?.node.remove();
  talk.newest = null;
  answer(talk, "/page/api/again", { tab: talk.tab });
}

/** An answer that is about to come. */
function answering(talk) {
  const shown = new Answer(talk.bot, {
    again: () => again(talk),
    inspect: (which) => {
      panel.of(which.trace);
      panel.open(true);
    },
    report: (kind, reaction) => report(talk, shown, kind, reaction),
  });
  return shown;
}

/** Asks, and shows the answer as it comes, whether it is looked at or not. */
async function answer(talk, path, body) {
  talk.running?.stop.abort();
  talk.newest?.past();
  talk.suggestions = [];
  const { bot } = talk;
  const shown = answering(talk);
  talk.newest = shown;
  traced.push(shown);
  if (traced.length > TRACES_MAX) traced.shift().forget();
  const mine = { stop: new AbortController() };
  talk.running = mine;
  talk.node.append(shown.node);
  const isSeen = () => here === talk;
  const announce = (words) => {
    if (isSeen()) by("live").textContent = words;
  };
  if (isSeen()) {
    suggest([]);
    composer.running(true);
    panel.of(shown.trace);
    scroll.scrollTop = 0;
  }
  announce(`${bot} is answering`);
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
  if (talk.running !== mine) return;
  talk.running = null;
  talk.suggestions = shown.suggestions;
  if (isSeen()) {
    composer.running(false);
    suggest(shown.suggestions);
  }
  picture(shown);
  announce(`${bot} ${wasStopped ? "was stopped" : "says"}: ${shown.text().slice(0, 2000)}`);
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

async function report(talk, shown, kind, reaction) {
  const message = shown.trace.asked?.message_id ?? "";
  try {
    const told = await post("/page/api/report", { tab: talk.tab, person: composer.who().place, message, kind, reaction });
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
by("new").addEventListener("click", () => here !== null && open(here.bot, true));
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
