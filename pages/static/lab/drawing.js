// Points of one's own, drawn with mouse, pen or finger.

/** @typedef {import("./types.js").Place} Place */

const MOST_DRAWN = 2000;
const AT_ONCE = 3; // points for each place that the hand passes
const SPREAD = 0.04;

/**
 * @param {import("./plane.js").Plane} plane
 * @param {import("./controls.js").Controls} controls
 */
export function drawByHand(plane, controls) {
  const { canvas } = plane;
  /** @type {Place[] | null} while the hand is down */
  let drawn = null;
  /** @param {PointerEvent} event */
  const add = (event) => {
    if (!drawn) return;
    const few = placesNear(plane.placeAt(event));
    drawn.push(...few);
    plane.addReal(few);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (controls.settings.pattern !== "drawn") controls.beginDrawing();
    drawn = [...controls.settings.drawn];
    canvas.setPointerCapture(event.pointerId);
    add(event);
  });
  canvas.addEventListener("pointermove", add);
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, () => {
      if (drawn) controls.set("drawn", drawn.slice(-MOST_DRAWN));
      drawn = null;
    });
  controls.widget.button("clear").addEventListener("click", () => controls.set("drawn", []));
}

/** @param {Place} place */
function placesNear([x, y]) {
  /** @type {(value: number) => number} */
  const near = (value) => Math.round((value + SPREAD * (Math.random() - 0.5)) * 100) / 100;
  return Array.from({ length: AT_ONCE }, () => /** @type {Place} */ ([near(x), near(y)]));
}
