// Which model is open, at which step of its training, and what came of both meanwhile.
import { penOf } from "../common/chart.js";
import { offer, pause } from "../common/dom.js";
import { say } from "../common/language.js";
import { local } from "../common/storage.js";
import { askedFor, takePlace } from "./address.js";
import { KEPT } from "./space.js";

/** @typedef {import("../common/types.js").ModelRow} ModelRow */
/** @typedef {import("./address.js").Left} Left */

const POLL_MS = 4000;

export class Models {
  /** @type {ModelRow[]} */
  list = [];
  ready = false; // whether the server can draw without loading its engine first

  /**
   * @param {import("./space.js").Space} space
   * @param {import("./map.js").SpaceMap} map
   * @param {(left: Left) => void} goOn to where one was before the page was loaded again
   */
  constructor(space, map, goOn) {
    this.space = space;
    this.map = map;
    this.goOn = goOn;
    this.widget = space.widget;
    const models = this.widget.select("models");
    const step = this.widget.input("step");
    const chosenStep = () => space.model.steps[Number(step.value)];
    models.addEventListener("change", async () => {
      if (!(await space.openModel(models.value))) this.#showModels();
    });
    step.addEventListener("change", () => void space.openStep(chosenStep()));
    step.addEventListener("input", () => void (this.widget.part("step-shown").textContent = String(chosenStep())));
    space.opened.push(() => {
      models.value = space.model.run;
      this.#showSteps();
    });
  }

  /** Open the first model, and go along with what happens. */
  async keepFollowing() {
    this.widget.message(say("latent.loading"), false);
    await this.#follow();
    if (this.list.length) await this.#openFirst();
    while (this.widget.alive) {
      await pause(POLL_MS);
      if (document.hidden) continue;
      await this.#follow();
      if (!this.space.open && this.list.length) await this.#openFirst();
    }
  }

  #showModels() {
    const select = this.widget.select("models");
    const [running, came] = [say("state.running"), say("run.came_along.short")];
    offer(select, this.list.map(({ name, state, shipped }) =>
      [name, [name, ...(shipped ? [came] : state === "running" ? [running] : [])].join(" · ")]));
    if (this.space.open) select.value = this.space.model.run;
  }

  #showSteps() {
    const { model: { steps, data, shape, latent_size: numbers }, step } = this.space;
    const range = this.widget.input("step");
    this.widget.part("steps").hidden = steps.length < 2;
    range.max = String(steps.length - 1);
    range.value = String(Math.max(0, steps.indexOf(step)));
    this.widget.part("step-shown").textContent = String(step);
    const size = say("latent.size", { width: shape[2], numbers });
    this.widget.part("about").textContent = `${say(`data.${data}`)} · ${size}`;
  }

  /** A training goes on while it is looked at: checkpoints come and go, and whoever looks at the newest goes along. */
  async #follow() {
    const { space } = this;
    const answer = await this.widget.server.runs({}).catch(() => null);
    if (!answer?.ok) return;
    ({ runs: this.list, ready: this.ready } = answer.value);
    this.#showModels();
    this.widget.part("empty").hidden = this.list.length > 0;
    this.widget.part("head").hidden = !this.list.length;
    if (!space.current) return;
    const { step, current } = space;
    const steps = this.list.find((one) => one.name === current.run)?.steps;
    if (!steps || String(steps) === String(current.steps)) return;
    const newest = step === current.steps.at(-1);
    space.current = { ...current, steps };
    if (!steps.includes(step)) { // a training keeps only some of its checkpoints
      await space.openStep(steps.reduce((best, one) => (Math.abs(one - step) < Math.abs(best - step) ? one : best)));
      this.widget.message(say("latent.thinned", { step }), false);
    } else if (newest) await space.openStep(steps[steps.length - 1]);
    else {
      this.#showSteps();
      this.map.showHistory();
    }
  }

  /** What the address asks for, what was open last, or the first model that can be opened. */
  async #openFirst() {
    const { space, widget, list } = this;
    const left = takePlace();
    const asked = left ?? askedFor();
    const last = local.getItem(KEPT);
    const first = list.find((one) => one.name === last) ?? list[0];
    if (!this.ready) await this.#showFormer(first);
    let problem = "";
    if (asked) {
      const opens = await space.openModel(asked.name, asked);
      if (opens && left) this.goOn(left);
      if (opens) return;
      problem = widget.part("message").textContent ?? "";
      if (asked.at !== null && (await space.openModel(asked.name, { ...asked, at: null }))) { // at its best step
        widget.message(problem);
        return;
      }
    }
    for (const { name } of [first, ...list.filter((one) => one !== first)])
      if (await space.openModel(name)) break; // a damaged run must not close the page for the others
    if (problem) widget.message(problem);
  }

  /**
   * While the engine loads: what the training itself drew last.
   * @param {ModelRow} model
   */
  async #showFormer({ name, sample: file }) {
    const sample = file && (await this.widget.call("sample", { run: name, file }));
    if (!sample) return;
    const picture = new Image();
    picture.src = sample.content;
    await picture.decode();
    if (this.space.onScreen) return;
    const canvas = this.widget.canvas("picture");
    Object.assign(canvas, { width: picture.width, height: picture.height });
    penOf(canvas).drawImage(picture, 0, 0);
    this.widget.part("halves").hidden = false;
  }
}
