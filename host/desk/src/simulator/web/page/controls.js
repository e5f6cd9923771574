// The parameter controls of a bot, drawn as what they are. As on the platform, only what a person has
// touched is sent.

import { by, el, picture } from "./dom.js";
import { holds } from "./conditions.js";

const list = (value) => (Array.isArray(value) ? value : []);
const text = (value) => (typeof value === "string" ? value : "");
const number = (value, otherwise) => (typeof value === "number" && Number.isFinite(value) ? value : otherwise);

let identifiers = 0;

export class Controls {
  constructor() {
    this.box = by("controls");
    this.button = by("tune");
    this.button.addEventListener("click", () => this.open(this.box.hidden));
    this.of(null);
  }

  open(open) {
    this.box.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }

  /** Draws the controls that a bot's settings have. */
  of(spec) {
    this.spec = spec;
    this.touched = new Map();
    this.defaults = new Map();
    /** What to call when a parameter has another value, by its name. */
    this.setters = new Map();
    this.conditions = [];
    const sections = list(spec?.sections).filter((section) => section !== null && typeof section === "object");
    this.button.hidden = sections.length === 0;
    this.box.replaceChildren(...sections.map((section) => this.section(section)));
    if (sections.length > 0) {
      const reset = el("button", { type: "button", class: "chip reset", on: { click: () => this.reset() } }, picture("again"), "As the bot has them");
      this.box.append(reset);
    }
    if (sections.length === 0) this.open(false);
    this.look();
  }

  reset() {
    const { spec } = this;
    this.of(spec);
  }

  /** What is sent with a message. */
  values() {
    return Object.fromEntries(this.touched);
  }

  value(name) {
    return this.touched.has(name) ? this.touched.get(name) : this.defaults.get(name);
  }

  set(name, value, by) {
    this.touched.set(name, value);
    for (const setter of this.setters.get(name) ?? []) if (setter !== by) setter(value);
    this.button.classList.toggle("touched", this.touched.size > 0);
    this.look();
  }

  /** Shows what the conditions let be seen. */
  look() {
    for (const { condition, node } of this.conditions) node.hidden = !holds(condition, (name) => this.value(name));
  }

  section(section) {
    const inner = Array.isArray(section.tabs) ? this.tabs(section.tabs) : this.controls(section.controls);
    const name = text(section.name);
    if (name === "") return el("div", {}, ...inner);
    return el("details", { open: section.collapsed_by_default !== true }, el("summary", {}, name), ...inner);
  }

  tabs(tabs) {
    const bodies = tabs.map((tab) => el("div", { role: "tabpanel" }, ...this.controls(tab?.controls)));
    const heads = tabs.map((tab, place) => {
      const select = () => {
        heads.forEach((head, other) => {
          head.setAttribute("aria-selected", String(other === place));
          head.tabIndex = other === place ? 0 : -1;
          bodies[other].hidden = other !== place;
        });
      };
      const step = (event) => {
        const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (by === undefined) return;
        const next = heads[(place + by + heads.length) % heads.length];
        next.focus();
        next.click();
      };
      return el("button", { type: "button", role: "tab", on: { click: select, keydown: step } }, text(tab?.name) || `Tab ${place + 1}`);
    });
    heads[0]?.click();
    return [el("div", { class: "control-tabs", role: "tablist" }, ...heads), ...bodies];
  }

  controls(controls) {
    return list(controls).map((control) => this.control(control)).filter((node) => node !== null);
  }

  control(control) {
    switch (control?.control) {
      case "divider":
        return el("hr", { class: "divider" });
      case "text_field":
        return this.written(control, el("input", { type: "text", placeholder: text(control.placeholder) }));
      case "text_area":
        return this.written(control, el("textarea", { rows: 3, placeholder: text(control.placeholder) }));
      case "drop_down":
        return this.choice(control);
      case "toggle_switch":
        return this.toggle(control);
      case "slider":
        return this.slider(control);
      case "aspect_ratio":
        return this.ratio(control);
      case "condition": {
        const node = el("div", {}, ...this.controls(control.controls));
        this.conditions.push({ condition: control.condition, node });
        return node;
      }
      default:
        return null;
    }
  }

  /** Ties an input to its parameter; gives what to call when a person changes it. */
  tie(control, initial, show) {
    const name = text(control.parameter_name);
    if (!this.defaults.has(name)) this.defaults.set(name, initial);
    const setters = this.setters.get(name) ?? [];
    this.setters.set(name, [...setters, show]);
    show(initial);
    return (value) => this.set(name, value, show);
  }

  /** An input with its label, its value and what is said about it. */
  frame(control, input, beside = null) {
    identifiers += 1;
    input.id = `control-${identifiers}`;
    const label = el("label", { class: "label", for: input.id }, el("span", {}, text(control.label)), beside);
    const about = text(control.description);
    if (about === "") return el("div", { class: "control" }, label, input);
    input.setAttribute("aria-describedby", `${input.id}-about`);
    return el("div", { class: "control" }, label, input, el("div", { class: "about", id: `${input.id}-about` }, about));
  }

  written(control, input) {
    const tell = this.tie(control, text(control.default_value), (value) => { input.value = value; });
    input.addEventListener("input", () => tell(input.value));
    return this.frame(control, input);
  }

  choice(control) {
    const options = list(control.options).map((option) => el("option", { value: text(option?.value) }, text(option?.name) || text(option?.value)));
    const hasDefault = typeof control.default_value === "string";
    if (!hasDefault) options.unshift(el("option", { value: "" }, "–"));
    const input = el("select", {}, ...options);
    const tell = this.tie(control, text(control.default_value), (value) => { input.value = value; });
    input.addEventListener("change", () => tell(input.value));
    return this.frame(control, input);
  }

  toggle(control) {
    const input = el("input", { type: "checkbox", class: "switch", role: "switch" });
    const tell = this.tie(control, control.default_value === true, (value) => { input.checked = value === true; });
    input.addEventListener("change", () => tell(input.checked));
    const node = this.frame(control, input);
    const label = node.querySelector("label");
    const row = el("div", { class: "beside" });
    label.before(row);
    row.append(label, input);
    return node;
  }

  slider(control) {
    const min = number(control.min_value, 0);
    const input = el("input", { type: "range", min, max: number(control.max_value, 100), step: number(control.step, 1) });
    const shown = el("output");
    const tell = this.tie(control, number(control.default_value, min), (value) => {
      input.value = value;
      shown.textContent = value;
    });
    input.addEventListener("input", () => {
      shown.textContent = input.value;
      tell(Number(input.value));
    });
    return this.frame(control, input, shown);
  }

  ratio(control) {
    identifiers += 1;
    const group = `ratio-${identifiers}`;
    const options = list(control.options).map((option) => {
      const [width, height] = [number(option?.width, 1), number(option?.height, 1)];
      const value = text(option?.value) || `${width}:${height}`;
      const input = el("input", { type: "radio", name: group, value, "aria-label": value });
      const shape = el("i");
      const most = Math.max(width, height);
      shape.style.width = `${(34 * width) / most}px`;
      shape.style.height = `${(34 * height) / most}px`;
      input.addEventListener("change", () => tell(value));
      return el("label", { class: "ratio" }, input, shape, value);
    });
    const show = (value) => {
      for (const option of options) option.firstChild.checked = option.firstChild.value === value;
    };
    const tell = this.tie(control, text(control.default_value), show);
    const about = text(control.description);
    return el(
      "fieldset", { class: "control" }, el("legend", { class: "label" }, text(control.label)), el("div", { class: "ratios" }, ...options),
      about === "" ? null : el("div", { class: "about" }, about),
    );
  }
}
