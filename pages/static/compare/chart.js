// One curve of all the runs, over steps or seconds.
import { drawAxes, plotIn, roomAround, sheetOf, stroke, ticks, usualRange, within } from "../common/chart.js";
import { holding, make, offer } from "../common/dom.js";
import { curveName, duration, number } from "../common/language.js";

/** @typedef {import("./types.js").Compared} Compared */
/** @typedef {import("./types.js").Point} Point */
/** @typedef {{ name: string, points: Point[] }} Line */

const MARGINS = { left: 56, right: 14, top: 8, bottom: 24 };

export class Chart {
  names = ""; // of the curves that can be chosen

  /** @param {import("./page.js").ComparePage} page */
  constructor(page) {
    this.page = page;
    this.canvas = page.widget.canvas("chart");
    this.choice = page.widget.select("curve");
    this.choice.addEventListener("change", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  /** @param {Compared} found */
  offerCurves({ curves, runs }) {
    if (JSON.stringify(curves) === this.names) return;
    this.names = JSON.stringify(curves);
    const before = this.choice.value;
    offer(this.choice, curves.map((name) => [name, curveName(name)]));
    const shared = curves.filter((name) => runs.every((one) => one.curves[name]));
    const best = shared.find((name) => name.startsWith("val:")) ?? shared[0] ?? curves[0];
    this.choice.value = curves.includes(before) ? before : best;
  }

  draw() {
    const { found, overTime } = this.page;
    const sheet = sheetOf(this.canvas);
    if (!sheet || !found) return;
    const name = this.choice.value;
    this.canvas.setAttribute("aria-label", curveName(name));
    const lines = found.runs.map((run) => ({ name: run.name, points: run.curves[name] ?? [] }));
    this.#tell(lines);
    const all = lines.flatMap((one) => one.points);
    if (!all.length) return;
    const along = overTime ? 1 : 0;
    const last = Math.max(1e-9, ...all.map((one) => one[along]));
    const [low, high] = roomAround(usualRange(all.map(([, , value]) => value)));
    const frame = {
      left: MARGINS.left, right: sheet.width - MARGINS.right, top: MARGINS.top, bottom: sheet.height - MARGINS.bottom,
    };
    const plot = plotIn(frame, [0, last], [low, high]);
    const textAlong = overTime ? duration : number;
    drawAxes(sheet, plot, { along: ticks(0, last, 5), up: ticks(low, high, 5), textAlong, textUp: number });
    const { pen } = sheet;
    within(pen, plot, () => {
      pen.lineWidth = 2;
      pen.lineJoin = "round";
      for (const line of lines) {
        pen.strokeStyle = this.page.colour(line.name);
        stroke(pen, line.points.map((one) => [plot.x(one[along]), plot.y(one[2])]));
      }
    });
  }

  /** @param {Line[]} lines */
  #tell(lines) {
    const entries = lines.map(({ name, points }) =>
      holding(make("span"), this.page.mark(name), `${name} `, make("b", number(points.at(-1)?.[2]))));
    this.page.widget.part("legend").replaceChildren(...entries);
  }
}
