// Charts on a canvas: sharp on every screen, round numbers along the axes, no spike that flattens the rest.
import { holding, make } from "./dom.js";

/** @typedef {[number, number]} Range */
/** @typedef {{ pen: CanvasRenderingContext2D, width: number, height: number, ink: string, faint: string }} Sheet */
/** @typedef {{ left: number, right: number, top: number, bottom: number }} Frame */
/** @typedef {Frame & { x: (value: number) => number, y: (value: number) => number }} Plot */

export const FONT = "12px system-ui, sans-serif";

/**
 * What a canvas is drawn with.
 * @param {HTMLCanvasElement} canvas
 */
export function penOf(canvas) {
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("This browser draws on no canvas");
  return pen;
}

/**
 * An empty canvas as sharp as the screen; null while it is not shown.
 * @param {HTMLCanvasElement} canvas
 * @returns {Sheet | null}
 */
export function sheetOf(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width || !height) return null;
  const ratio = devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
  const pen = penOf(canvas);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = FONT;
  const style = getComputedStyle(canvas);
  const [ink, faint] = ["--aigc-quiet", "--border-color-primary"].map((name) => style.getPropertyValue(name));
  return { pen, width, height, ink: ink || "#666", faint: faint || "#ddd" };
}

/**
 * Round numbers between two, about `count` of them, for an axis.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
export function ticks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((one) => one * power >= rough) ?? 10) * power;
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-6; value += step)
    found.push(Math.abs(value) < step * 1e-6 ? 0 : value);
  return found;
}

/**
 * From the least to the largest value, but for the wildest percent at either end.
 * @param {number[]} values at least one
 * @returns {Range}
 */
export function usualRange(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const last = sorted.length - 1;
  return [sorted[Math.floor(0.01 * last)], sorted[Math.ceil(0.99 * last)]];
}

/**
 * The same range with some room around it.
 * @param {Range} range
 * @returns {Range}
 */
export function roomAround([low, high]) {
  const room = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}

/**
 * How values become places within a frame.
 * @param {Frame} frame
 * @param {Range} across
 * @param {Range} up
 * @returns {Plot}
 */
export function plotIn(frame, [x0, x1], [y0, y1]) {
  const { left, right, top, bottom } = frame;
  return {
    ...frame,
    x: (value) => left + ((right - left) * (value - x0)) / (x1 - x0 || 1),
    y: (value) => bottom - ((bottom - top) * (value - y0)) / (y1 - y0 || 1),
  };
}

/**
 * Values along the axes, and how they are written.
 * @typedef {object} Marks
 * @property {number[]} along
 * @property {number[]} up
 * @property {(value: number) => string} textAlong
 * @property {(value: number) => string} textUp
 */

/**
 * Axes: lines across at round values, and numbers along both.
 * @param {Sheet} sheet
 * @param {Plot} plot
 * @param {Marks} marks
 */
export function drawAxes({ pen, ink, faint }, { x, y, left, right, bottom }, { along, up, textAlong, textUp }) {
  Object.assign(pen, { fillStyle: ink, strokeStyle: faint, lineWidth: 1, textAlign: "right", textBaseline: "middle" });
  for (const value of up) {
    stroke(pen, [[left, y(value)], [right, y(value)]]);
    pen.fillText(textUp(value), left - 6, y(value));
  }
  Object.assign(pen, { textAlign: "center", textBaseline: "top" });
  for (const value of along) pen.fillText(textAlong(value), x(value), bottom + 6);
}

/**
 * A line through places, in the pen's colour.
 * @param {CanvasRenderingContext2D} pen
 * @param {[x: number, y: number][]} places
 */
export function stroke(pen, places) {
  pen.beginPath();
  for (const [x, y] of places) pen.lineTo(x, y);
  pen.stroke();
}

/**
 * A dot in the pen's colour.
 * @param {CanvasRenderingContext2D} pen
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
export function dot(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

/**
 * Draw within the plot only: what lies outside the usual range is cut off.
 * @param {CanvasRenderingContext2D} pen
 * @param {Plot} plot
 * @param {() => void} draw
 */
export function within(pen, { left, right, top, bottom }, draw) {
  pen.save();
  pen.beginPath();
  pen.rect(left, top - 4, right - left + 8, bottom - top + 8);
  pen.clip();
  draw();
  pen.restore();
}

/**
 * A colour's mark with what it stands for.
 * @param {string} colour as CSS has it
 * @param {(Node | string)[]} words
 */
export const swatch = (colour, ...words) =>
  holding(make("span"), make("i", null, { style: `background: ${colour}` }), ...words);

/**
 * @param {HTMLElement} place
 * @param {[colour: string, words: string][]} entries
 */
export const legend = (place, entries) => place.replaceChildren(...entries.map((one) => swatch(...one)));
