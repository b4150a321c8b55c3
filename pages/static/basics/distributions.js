// A distribution by its parameters: bars of what was drawn beside what is exact.
import { legend, stroke } from "../common/chart.js";
import { holding, make, offer } from "../common/dom.js";
import { number, say } from "../common/language.js";
import { latest } from "../common/latest.js";
import { axesOn, DRAWN, EXACT } from "./draw.js";

/** @typedef {import("./types.js").Distribution} Distribution */
/** @typedef {import("./types.js").Parameters} Parameters */

const DRAWS = 500;

export class Distributions {
  seed = 0;
  /** @type {{ found: Distribution, kind: string } | null} */
  drawn = null;
  /** @type {HTMLInputElement[]} */
  sliders = [];

  /**
   * @param {import("./draw.js").Widget} widget
   * @param {Parameters["distributions"]} distributions
   */
  constructor(widget, distributions) {
    this.widget = widget;
    this.distributions = distributions;
    this.ask = latest(() => this.#ask());
    this.kind = widget.select("kind");
    offer(this.kind, Object.keys(distributions).map((kind) => [kind, say(`basics.${kind}`)]));
    this.kind.addEventListener("change", () => this.#choose());
    widget.button("draw").addEventListener("click", () => {
      this.seed += 1;
      void this.ask();
    });
    this.#choose();
  }

  #choose() {
    const kind = this.kind.value;
    this.widget.part("kind-formula").textContent = say(`basics.${kind}.formula`);
    this.sliders = [];
    const rows = this.distributions[kind].map((parameter) => this.#row(...parameter));
    this.widget.part("sliders").replaceChildren(...rows);
    void this.ask();
  }

  /**
   * @param {string} name
   * @param {number} least
   * @param {number} most
   * @param {number} usual
   */
  #row(name, least, most, usual) {
    const step = name === "n" ? 1 : most - least > 1 ? 0.05 : 0.01;
    const input = make("input", null, { type: "range", min: least, max: most, step, "data-parameter": name });
    const shown = make("b");
    input.value = String(usual);
    const tell = () => void (shown.textContent = number(+(+input.value).toFixed(3)));
    tell();
    input.addEventListener("input", () => {
      tell();
      void this.ask();
    });
    this.sliders.push(input);
    const words = make("span", say(`basics.parameter.${name}`));
    return holding(make("label", null, { class: "slider" }), words, input, shown);
  }

  async #ask() {
    const kind = this.kind.value;
    const values = Object.fromEntries(this.sliders.map((one) => [one.dataset.parameter, Number(one.value)]));
    const found = await this.widget.call("distribution", { kind, values, draws: DRAWS, seed: this.seed });
    if (!found || kind !== this.kind.value) return;
    this.drawn = { found, kind };
    this.draw();
  }

  draw() {
    if (!this.drawn) return;
    const { found, kind } = this.drawn;
    drawBars(this.widget.canvas("bars"), found, kind === "normal");
    const exact = { mean: number(found.mean), variance: number(found.variance) };
    const drawn = { n: DRAWS, mean: number(found.drawn_mean), variance: number(found.drawn_variance) };
    legend(this.widget.part("bars-legend"), [[EXACT, say("basics.exact", exact)], [DRAWN, say("basics.drawn", drawn)]]);
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Distribution} found
 * @param {boolean} curved whether what is exact is one curve, or a line for each outcome
 */
function drawBars(canvas, { outcomes, exact, drawn }, curved) {
  const step = outcomes[1] - outcomes[0];
  const half = step / 2;
  const last = outcomes[outcomes.length - 1];
  const highest = Math.max(...exact, ...drawn, 1e-9);
  const chart = axesOn(canvas, [outcomes[0] - half, last + half], [0, 1.08 * highest]);
  if (!chart) return;
  const { pen, plot: { x, y, bottom } } = chart;
  pen.fillStyle = DRAWN;
  pen.globalAlpha = 0.75;
  outcomes.forEach((value, i) => {
    const wide = x(value + half) - x(value - half);
    pen.fillRect(x(value) - 0.42 * wide, y(drawn[i]), 0.84 * wide, bottom - y(drawn[i]));
  });
  pen.globalAlpha = 1;
  pen.strokeStyle = EXACT;
  pen.lineWidth = 2.5;
  if (curved) stroke(pen, outcomes.map((value, i) => [x(value), y(exact[i])]));
  else outcomes.forEach((value, i) => {
    const height = y(exact[i]);
    stroke(pen, [[x(value - 0.45 * step), height], [x(value + 0.45 * step), height]]);
  });
}
