// What each run made after the same number of steps or seconds.
import { viewerOf } from "../common/viewers.js";
import { holding, make } from "../common/dom.js";
import { duration, say } from "../common/language.js";

/** @typedef {import("./types.js").ComparedRun} ComparedRun */
/** @typedef {import("../common/types.js").Sample} Sample */

const ROUNDING = 1 + 1e-9;

export class Samples {
  /** @type {Map<string, Sample>} by run and file */
  fetched = new Map();

  /** @param {import("./page.js").ComparePage} page */
  constructor(page) {
    this.page = page;
    this.slider = page.widget.input("time");
    this.slider.addEventListener("input", () => void this.draw());
  }

  async draw() {
    const { widget, found, overTime } = this.page;
    if (!found) return;
    const place = this.slider.value;
    const along = overTime ? 1 : 0;
    const longest = Math.max(1e-9, ...found.runs.map((run) => (overTime ? run.seconds : run.step)));
    const limit = (longest * Number(place)) / Number(this.slider.max);
    const shown = overTime ? duration(limit) : `${say("watch.step")} ${Math.round(limit)}`;
    widget.part("time-shown").textContent = shown;
    const { era } = widget;
    const boxes = await Promise.all(found.runs.map((run) => {
      const before = run.samples.filter((one) => one[along] <= limit * ROUNDING);
      return this.#box(run, before.at(-1) ?? run.samples[0]);
    }));
    if (era === widget.era && place === this.slider.value) widget.part("samples").replaceChildren(...boxes);
  }

  /**
   * @param {ComparedRun} run
   * @param {ComparedRun["samples"][number] | undefined} sample
   */
  async #box({ name, shipped }, sample) {
    const box = make("figure");
    const words = holding(make("figcaption"), this.page.mark(name));
    if (!sample) return holding(box, holding(words, name));
    const [step, seconds, file] = sample;
    words.append(`${name} · ${say("watch.step")} ${step} · ${duration(seconds)}`);
    if (shipped) words.append(` · ${say("run.came_along")}`);
    const content = await this.#fetch(name, file);
    if (content) box.append(viewerOf(content, `${name} ${step}`));
    return holding(box, words);
  }

  /**
   * @param {string} run
   * @param {string} file
   */
  async #fetch(run, file) {
    const key = `${run}/${file}`;
    const kept = this.fetched.get(key);
    if (kept) return kept;
    const content = await this.page.widget.call("sample", { run, file });
    if (content) this.fetched.set(key, content);
    return content;
  }
}
