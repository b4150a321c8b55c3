// How the model shall write.
import { holding, make, offer } from "../common/dom.js";
import { question } from "../common/help.js";
import { say } from "../common/language.js";

/** @typedef {import("./types.js").Knobs} Values */
/** @typedef {{ slider: HTMLInputElement, tell: () => void }} Knob */

const KNOBS = [
  { name: "temperature", min: 0, max: 2, step: 0.05, value: 0.8 },
  { name: "top_k", min: 0, max: 100, step: 1, value: 0 },
  { name: "top_p", min: 0.05, max: 1, step: 0.01, value: 1 },
  { name: "min_p", min: 0, max: 0.5, step: 0.01, value: 0 },
  { name: "repetition_penalty", min: 1, max: 2, step: 0.05, value: 1 },
  { name: "max_new_tokens", min: 10, max: 1000, step: 10, value: 200 },
  { name: "count", min: 1, max: 8, step: 1, value: 2 },
];
const SEEDS = 2 ** 31 - 1000; // samples after the first have the seeds that follow
const USUAL_PRECISION = "float32";

export class Knobs {
  /** @type {Map<string, Knob>} */
  knobs = new Map();
  /** @type {(() => void)[]} called when one is turned by hand */
  turned = [];

  /** @param {import("./desk.js").Widget} widget */
  constructor(widget) {
    this.place = widget.part("knobs");
    this.seed = make("input", null, { type: "number", min: 0, max: SEEDS, step: 1, "aria-label": say("knob.seed") });
    this.precision = make("select", null, { "aria-label": say("knob.precision") });
    for (const knob of KNOBS) this.#drawSlider(knob);
    this.#drawSeed();
    this.precisionRow = this.#row("precision", this.precision);
    this.precisionRow.hidden = true;
  }

  /** How many texts are written at once. */
  get count() {
    return this.#number("count");
  }

  /** @returns {Values} */
  values() {
    const names = KNOBS.map(({ name }) => name).filter((name) => name !== "count");
    const numbers = Object.fromEntries(names.map((name) => [name, this.#number(name)]));
    return { ...numbers, seed: Number(this.seed.value), precision: this.precision.value };
  }

  /** @param {string} name */
  #number(name) {
    return Number(this.knobs.get(name)?.slider.value);
  }

  /**
   * @param {string} name
   * @param {number} value
   */
  turn(name, value) {
    const knob = this.knobs.get(name);
    if (!knob) return;
    knob.slider.value = String(value);
    knob.tell();
  }

  /** Tell whoever follows the knobs. */
  tell() {
    for (const hear of this.turned) hear();
  }

  /**
   * Only large networks gain by another precision.
   * @param {string[]} precisions
   */
  offerPrecisions(precisions) {
    const before = this.precision.value;
    offer(this.precision, precisions.map((one) => [one, one]));
    this.precision.value = precisions.includes(before) ? before : USUAL_PRECISION;
    this.precisionRow.hidden = precisions.length < 2;
  }

  /** @param {typeof KNOBS[number]} knob */
  #drawSlider({ name, min, max, step, value }) {
    const named = { "data-knob": name, "aria-label": say(`knob.${name}`) };
    const slider = make("input", null, { type: "range", min, max, step, ...named });
    const shown = make("b");
    slider.value = String(value);
    const tell = () => void (shown.textContent = step < 1 ? Number(slider.value).toFixed(2) : slider.value);
    slider.addEventListener("input", () => {
      tell();
      this.tell();
    });
    Object.assign(slider, { tell }); // for tests
    tell();
    this.knobs.set(name, { slider, tell });
    this.#row(name, slider, shown);
  }

  #drawSeed() {
    const { seed } = this;
    seed.value = "0";
    seed.addEventListener("change", () => {
      seed.value = String(Math.min(SEEDS, Math.max(0, Math.floor(Number(seed.value)) || 0)));
    });
    const dice = make("button", say("latent.dice"));
    dice.addEventListener("click", () => void (seed.value = String(Math.floor(Math.random() * SEEDS))));
    this.#row("seed", seed, dice);
  }

  /**
   * @param {string} name
   * @param {HTMLElement[]} inputs
   */
  #row(name, ...inputs) {
    const label = holding(make("label", say(`knob.${name}`)), question(`knob.${name}.help`));
    const row = holding(make("div", null, { class: "knob" }), label, ...inputs);
    this.place.append(row);
    return row;
  }
}
