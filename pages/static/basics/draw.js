// What the Basics page's charts share: their colours, and axes with round numbers.
import { drawAxes, plotIn, sheetOf, ticks } from "../common/chart.js";
import { number } from "../common/language.js";

/** @typedef {import("../common/chart.js").Range} Range */
/** @typedef {import("../common/widget.js").Widget<import("./types.js").Server>} Widget */

export const EXACT = "#2563eb";
export const DRAWN = "#ea580c";

/**
 * An empty chart with axes; null while it is not shown.
 * @param {HTMLCanvasElement} canvas
 * @param {Range} across
 * @param {Range} up
 */
export function axesOn(canvas, across, up) {
  const sheet = sheetOf(canvas);
  if (!sheet) return null;
  const frame = { left: 44, right: sheet.width - 10, top: 10, bottom: sheet.height - 22 };
  const plot = plotIn(frame, across, up);
  const [along, upwards] = [ticks(...across, 6), ticks(...up, 4)];
  drawAxes(sheet, plot, { along, up: upwards, textAlong: number, textUp: number });
  return { pen: sheet.pen, plot };
}
