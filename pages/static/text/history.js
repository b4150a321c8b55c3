// What the model would have written during its training.
import { make } from "../common/dom.js";
import { work } from "../common/jobs.js";
import { say } from "../common/language.js";
import { Scrubber } from "../common/scrubber.js";
import { visible } from "./tokens.js";

/** @typedef {import("./types.js").Moment} Moment */

const PLAY_MS = 900;

export class History {
  /** @type {Moment[]} */
  moments = [];
  prompt = "";

  /**
   * @param {import("./desk.js").Desk} desk
   * @param {import("./knobs.js").Knobs} knobs
   */
  constructor(desk, knobs) {
    this.desk = desk;
    this.knobs = knobs;
    this.widget = desk.widget;
    this.scrubber = new Scrubber(this.widget.input("history-step"), PLAY_MS, () => this.#show());
    this.widget.button("history").addEventListener("click", () => void this.#write());
    this.widget.button("history-play").addEventListener("click", () => void this.scrubber.play());
    desk.opened.push(() => {
      this.scrubber.stop();
      this.#take([]);
    });
  }

  async #write() {
    const { widget, desk } = this;
    const place = widget.part("history-job");
    if (place.dataset.busy) return;
    const { run, steps } = desk.model;
    widget.message(steps.length < 2 ? say("history.one") : "", false);
    this.prompt = widget.area("prompt").value;
    this.moments = [];
    const asked = { run, beginning: { prompt: this.prompt, chosen: [] }, knobs: this.knobs.values() };
    const moments = await work(widget, "history", asked, place, { onShown: (some) => this.#take(some) });
    if (moments) this.#take(moments);
  }

  /** @param {Moment[]} moments */
  #take(moments) {
    this.moments = moments;
    this.scrubber.offer(moments.length, moments.length - 1);
    this.#show();
  }

  #show() {
    const { widget } = this;
    const moment = this.moments[this.scrubber.place];
    const prompt = make("span", this.prompt, { class: "lead" });
    widget.part("history-row").hidden = !this.moments.length;
    widget.part("history-shown").textContent = moment ? String(moment.step) : "";
    widget.part("history-text").replaceChildren(prompt, visible(moment?.text ?? ""));
  }
}
