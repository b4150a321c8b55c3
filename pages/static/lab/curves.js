// The losses so far, how far the training is, and how many of the modes are made.
import { legend, penOf, plotIn, stroke, usualRange } from "../common/chart.js";
import { holding, make } from "../common/dom.js";
import { say } from "../common/language.js";
import { isDark } from "./plane.js";

/** @typedef {import("./types.js").View} View */

const GAN = ["d", "g"];
const VAE = ["negative_elbo", "reconstruction", "kl"];
/** @type {Record<string, string>} */
const COLOURS = { d: "#2563eb", g: "#ea580c", negative_elbo: "#2563eb", reconstruction: "#ea580c", kl: "#059669" };
const MOST_POINTS = 600; // of a curve

export class Curves {
  /** @type {{ step: number, losses: Record<string, number> }[]} */
  points = [];

  /** @param {import("./running.js").Widget} widget */
  constructor(widget) {
    this.widget = widget;
  }

  forget() {
    this.points = [];
  }

  /** @param {View} view */
  add({ step, losses }) {
    const last = this.points.at(-1)?.step ?? -1;
    if (step < last) this.points = [];
    if (!Object.keys(losses).length || step === last) return;
    this.points.push({ step, losses });
    if (this.points.length > MOST_POINTS) this.points = this.points.filter((_, i) => i % 2 === 1);
  }

  /**
   * @param {View} view
   * @param {boolean} vae
   */
  draw(view, vae) {
    const names = vae ? VAE : GAN;
    this.#drawLines(names);
    const entries = names.map((name) => {
      const loss = view.losses[name];
      const words = `${say(`lab.loss.${name}`)} ${Number.isFinite(loss) ? loss.toFixed(3) : "–"}`;
      return /** @type {[string, string]} */ ([COLOURS[name], words]);
    });
    legend(this.widget.part("curve-legend"), entries);
    this.#tell(view);
  }

  /** @param {string[]} names */
  #drawLines(names) {
    const { points } = this;
    const canvas = this.widget.canvas("curves");
    const { width, height } = canvas;
    const pen = penOf(canvas);
    pen.clearRect(0, 0, width, height);
    const values = points.flatMap(({ losses }) => names.map((name) => losses[name])).filter(Number.isFinite);
    if (values.length < 2) return;
    const [low, high] = usualRange(values);
    const [first, last] = [points[0].step, points[points.length - 1].step];
    const frame = { left: 60, right: width - 6, top: 10, bottom: height - 20 };
    const { x, y } = plotIn(frame, [first, Math.max(first + 1, last)], [low, high]);
    pen.fillStyle = isDark() ? "#d1d5db" : "#4b5563";
    pen.font = "15px system-ui";
    pen.fillText(high.toPrecision(3), 4, 16);
    pen.fillText(low.toPrecision(3), 4, height - 18);
    pen.lineWidth = 2;
    for (const name of names) {
      pen.strokeStyle = COLOURS[name];
      const known = points.filter(({ losses }) => Number.isFinite(losses[name]));
      stroke(pen, known.map(({ step, losses }) => [x(step), y(losses[name])]));
    }
  }

  /** @param {View} view */
  #tell({ step, modes, covered, near }) {
    const facts = [["lab.near", `${(100 * near).toFixed(0)}%`]];
    if (modes) facts.unshift(["lab.covered", say("lab.covered.of", { n: covered, all: modes })]);
    const boxes = facts.map(([key, value]) => holding(make("div"), make("dt", say(key)), make("dd", value)));
    this.widget.part("figures").replaceChildren(...boxes);
    this.widget.part("count").textContent = say("lab.count", { n: step.toLocaleString() });
  }
}
