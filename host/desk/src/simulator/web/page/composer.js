// Where a person speaks: text, files, and as whom.

import { by, el, iconButton, picture, toast } from "./dom.js";
import { put } from "./api.js";

/** Most files of a message, as on the platform. */
const FILES_MAX = 20;

export class Composer {
  /** `doing` has isReady(), say(text, files), stop(), and join(name), which gives the people. */
  constructor(doing) {
    this.doing = doing;
    this.form = by("say");
    this.text = by("text");
    this.list = by("files");
    this.person = by("person");
    this.files = [];
    this.people = [];
    this.uploading = 0;
    this.busy = false;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.send();
      }
    });
    this.text.addEventListener("input", () => this.look());
    by("stop").addEventListener("click", () => doing.stop());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.busy && !event.defaultPrevented) doing.stop();
    });
    by("attach").addEventListener("click", () => by("file").click());
    by("file").addEventListener("change", () => {
      this.attach([...by("file").files]);
      by("file").value = "";
    });
    this.text.addEventListener("paste", (event) => {
      const files = [...event.clipboardData.files];
      if (files.length === 0) return;
      event.preventDefault();
      this.attach(files);
    });
    this.drops(this.form.querySelector(".box"));
    this.person.addEventListener("change", () => this.chosen());
    by("join-not").addEventListener("click", () => by("join").close());
    by("join").querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.join();
    });
    this.look();
  }

  drops(box) {
    const over = (event, is) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      box.classList.toggle("over", is);
    };
    const chat = by("chat");
    chat.addEventListener("dragover", (event) => over(event, true));
    chat.addEventListener("dragleave", (event) => over(event, false));
    chat.addEventListener("drop", (event) => {
      over(event, false);
      this.attach([...event.dataTransfer.files]);
    });
  }

  /** Another bot is spoken to. */
  of(people, mayAttach) {
    this.setPeople(people);
    this.person.value = "0";
    this.files = [];
    this.list.replaceChildren();
    this.mayAttach = mayAttach;
    by("attach").disabled = !mayAttach;
    by("attach").title = mayAttach ? "Attach files" : "This bot takes no files";
    this.look();
  }

  setPeople(people) {
    this.people = people;
    const options = people.map((person, place) => el("option", { value: place }, person.name ?? "You"));
    this.person.replaceChildren(...options, el("option", { value: "more" }, "Add a person…"));
  }

  chosen() {
    if (this.person.value !== "more") return;
    this.person.value = "0";
    by("join-name").value = "";
    by("join").showModal();
  }

  async join() {
    const name = by("join-name").value.trim();
    by("join").close();
    if (name === "") return;
    const before = this.people.length;
    try {
      this.setPeople(await this.doing.join(name));
    } catch (error) {
      toast(error.message);
    }
    this.person.value = String(this.people.length > before ? before : 0);
    this.text.focus();
  }

  /** Who speaks. */
  who() {
    const place = Number(this.person.value);
    return { place, name: this.people[place]?.name ?? "You", several: this.people.length > 1 };
  }

  async attach(files) {
    if (!this.mayAttach) {
      if (files.length > 0) toast("This bot takes no files");
      return;
    }
    for (const file of files) {
      if (this.files.length + this.uploading >= FILES_MAX) {
        toast(`A message has at most ${FILES_MAX} files`);
        return;
      }
      const item = el("li", { class: "file" }, picture("file"), el("span", { class: "name" }, file.name));
      this.list.append(item);
      this.uploading += 1;
      this.look();
      try {
        const kept = await put(file);
        this.files.push(kept);
        item.append(iconButton("close", `Take ${file.name} off`, () => {
          this.files.splice(this.files.indexOf(kept), 1);
          item.remove();
          this.look();
          this.text.focus();
        }));
      } catch (error) {
        item.remove();
        toast(error.message);
      }
      this.uploading -= 1;
      this.look();
    }
  }

  look() {
    const empty = this.text.value.trim() === "" && this.files.length === 0;
    by("send").disabled = empty || this.uploading > 0;
  }

  send() {
    const text = this.text.value;
    if (by("send").disabled) return;
    if (!this.doing.isReady()) {
      toast("The bot is not there yet");
      return;
    }
    const { files } = this;
    this.text.value = "";
    this.files = [];
    this.list.replaceChildren();
    this.look();
    this.doing.say(text, files);
  }

  /** An answer runs, or none does. */
  running(busy) {
    this.busy = busy;
    const hadFocus = document.activeElement === by(busy ? "send" : "stop");
    by("send").hidden = busy;
    by("stop").hidden = !busy;
    if (hadFocus) this.text.focus();
  }
}
