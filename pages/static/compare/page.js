// The Compare page: which runs, one curve of all of them, samples at equal time, a table.
import { holding, make, pause } from "../common/dom.js";
import { download } from "../common/files.js";
import { work } from "../common/jobs.js";
import { say } from "../common/language.js";
import { Widget } from "../common/widget.js";
import { Chart } from "./chart.js";
import { Samples } from "./samples.js";
import { Table } from "./table.js";

/** @typedef {import("./types.js").Compared} Compared */
/** @typedef {import("./types.js").Server} Server */
/** @typedef {import("../common/types.js").RunRow} RunRow */

const MOST_RUNS = 8;
const REFRESH_MS = 3000;
const COLOURS = ["#2563eb", "#ea580c", "#059669", "#9333ea", "#db2777", "#0891b2", "#ca8a04", "#64748b"];
const UNDERWAY = ["queued", "running", "paused"];

/** @param {import("../common/types.js").Gradio<Server>} gradio */
export async function mount(gradio) {
  /** @type {Widget<Server>} */
  const widget = new Widget(gradio, ["runs", "sample", "job", "cancel"]);
  const page = new ComparePage(widget);
  await page.list();
  await page.look();
  while (widget.alive) {
    await pause(REFRESH_MS);
    if (document.hidden) continue;
    const changed = await page.list();
    if (changed || page.underway) await page.look();
  }
}

export class ComparePage {
  chosen = new URLSearchParams(location.search).getAll("run").slice(0, MOST_RUNS);
  listed = ""; // what the list shows
  /** @type {Compared | null} */
  found = null;

  /** @param {Widget<Server>} widget */
  constructor(widget) {
    this.widget = widget;
    this.chart = new Chart(this);
    this.samples = new Samples(this);
    this.table = new Table(this);
    for (const role of ["by-step", "by-seconds"])
      widget.input(role).addEventListener("change", () => {
        this.chart.draw();
        void this.samples.draw();
      });
    this.#hearExports();
  }

  /** Whether any of the runs still changes. */
  get underway() {
    return this.found?.runs.some((one) => UNDERWAY.includes(one.state)) ?? false;
  }

  /** Whether curves and samples go along seconds, instead of steps. */
  get overTime() {
    return this.widget.input("by-seconds").checked;
  }

  /** @param {string} name of a run */
  colour(name) {
    return COLOURS[this.chosen.indexOf(name) % COLOURS.length];
  }

  /** @param {string} name */
  mark(name) {
    return make("i", null, { style: `background: ${this.colour(name)}` });
  }

  // -- which runs ---------------------------------------------------------------------------------------

  /** Show which runs there are; returns whether that has changed. */
  async list() {
    const runs = await this.widget.call("runs", {});
    if (!runs) return false;
    const usable = runs.filter((one) => one.state !== "damaged");
    this.chosen = this.chosen.filter((name) => usable.some((one) => one.name === name));
    this.#drop();
    const text = JSON.stringify([usable.map((one) => [one.name, one.state, one.verdict]), this.chosen]);
    if (text === this.listed) return false;
    this.listed = text;
    this.widget.part("choices").replaceChildren(...usable.map((one) => this.#choice(one)));
    return true;
  }

  /** @param {RunRow} run */
  #choice({ name, family, data, state, verdict, shipped }) {
    const box = make("input", null, { type: "checkbox", value: name });
    box.checked = this.chosen.includes(name);
    box.addEventListener("change", () => void this.#choose(name, box.checked));
    const mark = box.checked ? this.mark(name) : make("i", null, { style: "background: transparent" });
    const label = holding(make("label", null, { class: "check" }), box, mark, make("span", name));
    const about = [say(`family.${family}`), say(`data.${data}`), say(`state.${state}`)];
    if (shipped) about.push(say("run.came_along"));
    else if (verdict) about.push(say(`gate.${verdict}`));
    return holding(make("li"), label, make("small", about.join(" · ")));
  }

  /**
   * @param {string} name
   * @param {boolean} wanted
   */
  async #choose(name, wanted) {
    this.chosen = this.chosen.filter((one) => one !== name);
    if (wanted) this.chosen.push(name);
    if (this.chosen.length > MOST_RUNS) {
      this.chosen.shift();
      this.widget.message(say("compare.most", { n: MOST_RUNS }));
    }
    const query = new URLSearchParams(this.chosen.map((one) => ["run", one]));
    history.replaceState(null, "", `${location.pathname}?${query}`);
    this.widget.newEra(); // answers about an earlier choice are of no use
    this.widget.part("written").textContent = "";
    this.#drop();
    await Promise.all([this.list(), this.look()]);
  }

  /** What is not chosen any more is not shown any more, whenever the answer about the rest comes. */
  #drop() {
    if (!this.found) return;
    const runs = this.found.runs.filter((one) => this.chosen.includes(one.name));
    if (runs.length === this.found.runs.length) return;
    this.found = { ...this.found, runs };
    this.#draw(this.found);
  }

  // -- looking ------------------------------------------------------------------------------------------

  async look() {
    const some = this.chosen.length > 0;
    this.widget.part("shown").hidden = !some;
    this.widget.part("empty").hidden = some;
    if (!some) {
      this.found = null;
      return;
    }
    const answer = await this.widget.call("compare", { runs: this.chosen });
    if (!answer || JSON.stringify(answer) === JSON.stringify(this.found)) return;
    this.found = answer;
    this.#draw(answer);
  }

  /** @param {Compared} found */
  #draw(found) {
    this.chart.offerCurves(found);
    this.chart.draw();
    void this.samples.draw();
    this.table.draw();
  }

  // -- taking away --------------------------------------------------------------------------------------

  #hearExports() {
    const { widget } = this;
    const exports = /** @type {const} */ ([["csv", "table"], ["points", "curves"]]);
    for (const [what, name] of exports)
      widget.button(what).addEventListener("click", async () => {
        const file = await widget.call(name, { runs: this.chosen });
        if (file) download(file);
      });
    widget.button("tensorboard").addEventListener("click", async () => {
      const written = widget.part("written");
      written.textContent = "";
      const folder = await work(widget, "tensorboard", { runs: this.chosen }, widget.part("job"));
      if (folder) written.textContent = say("compare.written", { command: `tensorboard --logdir ${folder}` });
    });
  }
}
