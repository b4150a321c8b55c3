// Positions and directions in a model's space.

/** @typedef {import("./types.js").Position} Position */

/**
 * @param {number[]} a
 * @param {number[]} b
 */
export const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/**
 * @param {number[]} z
 * @param {number[]} direction
 * @param {number} amount
 */
export const added = (z, direction, amount) => z.map((value, i) => value + amount * direction[i]);

/**
 * @param {number} size
 * @param {number} i
 */
export const unit = (size, i) => Array.from({ length: size }, (_, k) => (k === i ? 1 : 0));

/**
 * @param {Position} position
 * @returns {Position}
 */
export const copy = (position) => ({ ...position, z: [...position.z], other: position.other && [...position.other] });

/**
 * A code as a position without truncation or mixture; of the first class where there are some.
 * @param {number[]} z
 * @param {number | null} label
 * @param {string[]} classes
 * @returns {Position}
 */
export const plain = (z, label, classes) => ({
  z, label: label ?? (classes.length ? 0 : null), truncation: 1, other: null, mix_from: 0,
});

/**
 * Where z lies in the plane of u and v, which need not be perpendicular.
 * @param {number[]} z
 * @param {number[]} u
 * @param {number[]} v
 * @returns {[number, number]}
 */
export function coordinates(z, u, v) {
  const [uu, vv, uv, zu, zv] = [dot(u, u), dot(v, v), dot(u, v), dot(z, u), dot(z, v)];
  const det = uu * vv - uv * uv;
  return Math.abs(det) < 1e-9 ? [zu, 0] : [(zu * vv - zv * uv) / det, (zv * uu - zu * uv) / det];
}

/**
 * What remains of z outside the plane.
 * @param {number[]} z
 * @param {number[]} u
 * @param {number[]} v
 */
export function outside(z, u, v) {
  const [a, b] = coordinates(z, u, v);
  return added(added(z, u, -a), v, -b);
}
