// A canvas that is drawn on with mouse, pen or finger.
import { penOf, stroke } from "../common/chart.js";

/**
 * @typedef {object} Brush
 * @property {HTMLCanvasElement} [on] where the paint goes: another canvas of the same size
 * @property {number} width in pixels
 * @property {() => string} colour
 * @property {(finished: boolean) => void} done after each movement, and after each stroke
 */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Brush} brush
 */
export function sketchable(canvas, { on = canvas, width, colour, done }) {
  /** @type {[number, number] | null} where the hand was */
  let last = null;
  /**
   * @param {PointerEvent} event
   * @returns {[number, number]}
   */
  const placeOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * canvas.width) / box.width,
      ((event.clientY - box.top) * canvas.height) / box.height,
    ];
  };
  /** @param {PointerEvent} event */
  const paintTo = (event) => {
    const now = placeOf(event);
    const pen = penOf(on);
    Object.assign(pen, { lineWidth: width, lineCap: "round", strokeStyle: colour() });
    stroke(pen, [last ?? now, now]);
    last = now;
    done(false);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    paintTo(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last) paintTo(event);
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, () => {
      if (!last) return;
      last = null;
      done(true);
    });
}
