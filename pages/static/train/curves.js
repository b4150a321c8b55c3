// The run's curves, with the ranges that are usual and the values under the pointer.
import {
  dot, drawAxes, plotIn, roomAround, sheetOf, stroke, swatch, ticks, usualRange, within,
} from "../common/chart.js";
import { holding, make, setText } from "../common/dom.js";
import { curveName, language, say } from "../common/language.js";

/** @typedef {import("./types.js").Run} Run */
/** @typedef {import("./types.js").Usual} Usual */
/** @typedef {[step: number, value: number]} Point */
/** @typedef {import("../common/chart.js").Sheet} Sheet */
/** @typedef {import("../common/chart.js").Plot} Plot */

/**
 * One chart: what it shows, where it is drawn, and where its legend has values and usual ranges.
 * @typedef {object} Chart
 * @property {string[]} names
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement[]} values
 * @property {HTMLElement[]} usual
 * @property {number | null} pointer how far from the left it points, in pixels
 */

const MOST_POINTS = 3000;
const COLOURS = ["--aigc-1", "--aigc-2", "--aigc-3", "--aigc-4"];
const MARGINS = { left: 48, right: 18, top: 8, bottom: 22 };

export class Curves {
  /** @type {Record<string, Point[]>} by the figure's name; on held-out data “val:…” */
  series = {};

  /**
   * @param {import("./watch.js").Widget} widget
   * @param {Run} run
   */
  constructor(widget, run) {
    this.place = widget.part("charts");
    this.usual = run.usual;
    /** @type {Chart[]} */
    this.charts = run.curves.map((names) => this.#chart(names));
    new ResizeObserver(() => this.draw()).observe(this.place);
  }

  forget() {
    this.series = {};
    this.draw();
  }

  /**
   * @param {number} step
   * @param {Record<string, number | null>} values
   * @param {string} [prefix] of the figures' names
   */
  add(step, values, prefix = "") {
    for (const [figure, value] of Object.entries(values)) {
      if (typeof value !== "number") continue;
      const name = prefix + figure;
      const line = (this.series[name] ??= []);
      line.push([step, value]);
      if (line.length > MOST_POINTS)
        this.series[name] = line.filter((_, i) => i % 2 === 0 || i === line.length - 1);
    }
  }

  draw() {
    for (const chart of this.charts) this.#draw(chart);
  }

  /**
   * @param {string[]} names
   * @returns {Chart}
   */
  #chart(names) {
    const titles = names.map(curveName);
    const canvas = make("canvas", null, { role: "img", "aria-label": titles.join(", ") });
    const values = names.map(() => make("b", "–"));
    const usual = names.map(() => make("span", "", { class: "quiet" }));
    const legend = make("div", null, { class: "legend" });
    titles.forEach((title, i) => legend.append(swatch(`var(${COLOURS[i]})`, `${title} `, values[i], usual[i])));
    /** @type {Chart} */
    const chart = { names, canvas, values, usual, pointer: null };
    canvas.addEventListener("pointermove", (event) => this.#point(chart, event.offsetX));
    canvas.addEventListener("pointerleave", () => this.#point(chart, null));
    this.place.append(holding(make("div", null, { class: "chart" }), legend, canvas));
    return chart;
  }

  /**
   * @param {Chart} chart
   * @param {number | null} pointer
   */
  #point(chart, pointer) {
    chart.pointer = pointer;
    this.#draw(chart);
  }

  /** @param {Chart} chart */
  #draw(chart) {
    const sheet = sheetOf(chart.canvas);
    const lines = chart.names.map((name) => this.series[name] ?? []);
    const all = lines.flat();
    this.#tell(chart, lines, null);
    if (!sheet || !all.length) return;
    const [low, high] = roomAround(usualRange(all.map(([, value]) => value)));
    const last = Math.max(1, ...all.map(([step]) => step));
    const frame = {
      left: MARGINS.left, right: sheet.width - MARGINS.right, top: MARGINS.top, bottom: sheet.height - MARGINS.bottom,
    };
    const plot = plotIn(frame, [0, last], [low, high]);
    drawAxes(sheet, plot, { along: ticks(0, last, 5), up: ticks(low, high, 4), textAlong: short, textUp: short });
    const style = getComputedStyle(chart.canvas);
    const colours = COLOURS.map((one) => style.getPropertyValue(one));
    within(sheet.pen, plot, () => {
      chart.names.forEach((name, i) => drawUsual(sheet.pen, plot, this.usual[name] ?? [], colours[i]));
      chart.names.forEach((name, i) => drawLine(sheet.pen, plot, lines[i], colours[i], name.startsWith("val:")));
    });
    const at = chart.pointer === null ? null : ((chart.pointer - plot.left) / (plot.right - plot.left)) * last;
    if (chart.pointer !== null && at !== null) drawPointer(sheet, plot, chart.pointer, at);
    if (at !== null) this.#tell(chart, lines, at);
  }

  /**
   * The values at a step, or the newest ones.
   * @param {Chart} chart
   * @param {Point[][]} lines
   * @param {number | null} at
   */
  #tell(chart, lines, at) {
    lines.forEach((line, i) => {
      const point = at === null ? line.at(-1) : nearest(line, at);
      setText(chart.values[i], point ? String(+point[1].toPrecision(4)) : "–");
      setText(chart.usual[i], point ? usualAt(this.usual[chart.names[i]] ?? [], point[0]) : "");
    });
  }
}

/**
 * @param {Point[]} line
 * @param {number} step
 * @returns {Point | undefined}
 */
function nearest(line, step) {
  let best = line[0];
  for (const point of line) if (Math.abs(point[0] - step) < Math.abs(best[0] - step)) best = point;
  return best;
}

/**
 * The range that is usual, as a band.
 * @param {CanvasRenderingContext2D} pen
 * @param {Plot} plot
 * @param {Usual} range
 * @param {string} colour
 */
function drawUsual(pen, { x, y }, range, colour) {
  pen.fillStyle = colour;
  pen.globalAlpha = 0.14;
  pen.beginPath();
  for (const [step, low] of range) pen.lineTo(x(step), y(low));
  for (const [step, , high] of [...range].reverse()) pen.lineTo(x(step), y(high));
  pen.fill();
  pen.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Plot} plot
 * @param {Point[]} line
 * @param {string} colour
 * @param {boolean} dotted whether each point is shown: they are few
 */
function drawLine(pen, { x, y }, line, colour, dotted) {
  Object.assign(pen, { strokeStyle: colour, fillStyle: colour, lineWidth: 2, lineJoin: "round" });
  stroke(pen, line.map(([step, value]) => [x(step), y(value)]));
  if (dotted) for (const [step, value] of line) dot(pen, x(step), y(value), 4);
}

/**
 * @param {Sheet} sheet
 * @param {Plot} plot
 * @param {number} pointer
 * @param {number} step
 */
function drawPointer({ pen, ink, width }, { top, bottom }, pointer, step) {
  const leftOf = pointer > width / 2;
  Object.assign(pen, { strokeStyle: ink, fillStyle: ink, lineWidth: 1 });
  stroke(pen, [[pointer, top], [pointer, bottom]]);
  Object.assign(pen, { textAlign: leftOf ? "right" : "left", textBaseline: "top" });
  pen.fillText(`${say("watch.step")} ${Math.max(0, Math.round(step))}`, pointer + (leftOf ? -6 : 6), top);
}

/**
 * A number in three digits, for an axis.
 * @param {number} value
 */
function short(value) {
  const size = Math.abs(value);
  if (size >= 1e7 || (value && size < 1e-3)) return value.toExponential(0);
  return size >= 1e4 ? (+value.toPrecision(3)).toLocaleString(language) : String(+value.toPrecision(3));
}

/**
 * The range that is usual at a step, in words; empty where none was recorded.
 * @param {Usual} range
 * @param {number} step
 */
function usualAt(range, step) {
  const after = range.find(([at]) => at >= step);
  return after ? ` ${say("watch.usual", { low: short(after[1]), high: short(after[2]) })}` : "";
}
