// Two losses, and how hard each pulls.
import { legend, stroke } from "../common/chart.js";
import { say } from "../common/language.js";
import { axesOn, DRAWN, EXACT } from "./draw.js";

/** @typedef {import("./types.js").Losses} Losses */

const MOST_COST = 4; // nats that are shown

/**
 * Say what they are; returns what draws them.
 * @param {import("./draw.js").Widget} widget
 * @param {Losses} losses
 */
export function showLosses(widget, losses) {
  widget.part("loss-formula").textContent = say("basics.loss.formula");
  widget.part("loss-said").textContent = say("basics.loss.said");
  const named = /** @type {[string, string][]} */ ([
    [DRAWN, say("basics.squared")],
    [EXACT, say("basics.cross_entropy")],
  ]);
  legend(widget.part("loss-legend"), named);
  const { p, squared, cross_entropy: entropy, squared_pull: squaredPull, cross_entropy_pull: entropyPull } = losses;
  const draw = () => {
    drawBoth(widget.canvas("costs"), p, squared, entropy, MOST_COST);
    drawBoth(widget.canvas("pulls"), p, squaredPull, entropyPull, 1);
  };
  draw();
  return draw;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number[]} p
 * @param {number[]} squared
 * @param {number[]} entropy
 * @param {number} most
 */
function drawBoth(canvas, p, squared, entropy, most) {
  const chart = axesOn(canvas, [0, 1], [0, most]);
  if (!chart) return;
  const { pen, plot: { x, y, left, right, top, bottom } } = chart;
  pen.save();
  pen.beginPath();
  pen.rect(left, top - 4, right, bottom);
  pen.clip();
  pen.lineWidth = 2.5;
  pen.strokeStyle = DRAWN;
  stroke(pen, p.map((at, i) => [x(at), y(squared[i])]));
  pen.strokeStyle = EXACT;
  stroke(pen, p.map((at, i) => [x(at), y(entropy[i])]));
  pen.restore();
}
