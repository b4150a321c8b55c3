// What a link says, and where one was when the page was loaded again.
import { session } from "../common/storage.js";

/** @typedef {import("./types.js").Position} Position */
/** @typedef {import("./types.js").Seen} Seen */

/**
 * Where to go: a run, at a step, a position in its space, and the seed that it came from.
 * @typedef {{ name: string, at: number | null, position: Partial<Position> | null, from: number | null }} Destination
 */
/** @typedef {Destination & { tab: string, shelf: Seen[] }} Left */

const LEFT = "aigc-latent-left";
const SHELF = `${LEFT}-shelf`;

/**
 * A link to a position.
 * @param {string} run
 * @param {number} step
 * @param {Position} point
 */
export function linkTo(run, step, point) {
  const rounded = (/** @type {number[]} */ numbers) => numbers.map((value) => Number(value.toFixed(3)));
  const short = { ...point, z: rounded(point.z), other: point.other && rounded(point.other) };
  const at = encodeURIComponent(btoa(JSON.stringify(short)));
  return `${location.origin}${location.pathname}?run=${encodeURIComponent(run)}&step=${step}&at=${at}`;
}

/** @returns {Destination | null} */
export function askedFor() {
  const asked = new URLSearchParams(location.search);
  const name = asked.get("run");
  if (!name) return null;
  const at = Number(asked.get("step"));
  const position = positionIn(asked.get("at"));
  return { name, at: asked.has("step") && Number.isInteger(at) ? at : null, position, from: position ? null : 0 };
}

/**
 * What a link gives as a position, or null where it gives none; whether it is one is seen when it is opened.
 * @param {string | null} code
 * @returns {Partial<Position> | null}
 */
function positionIn(code) {
  if (!code) return null;
  try {
    return JSON.parse(atob(code)) ?? {};
  } catch {
    return {};
  }
}

/**
 * Keep where one is for when the page is loaded again, as when its language is switched.
 * @param {Left} left
 */
export function keepPlace({ shelf, ...left }) {
  session.setItem(LEFT, JSON.stringify(left));
  try {
    session.setItem(SHELF, JSON.stringify(shelf));
  } catch {
    session.removeItem(SHELF); // no room
  }
}

/**
 * Where one was, once, if the page was loaded again.
 * @returns {Left | null}
 */
export function takePlace() {
  const left = taken(LEFT);
  const shelf = taken(SHELF) ?? [];
  const [navigation] = performance.getEntriesByType("navigation");
  const again = navigation instanceof PerformanceNavigationTiming && navigation.type === "reload";
  return left && again ? { ...left, shelf } : null;
}

/** @param {string} key */
function taken(key) {
  const value = JSON.parse(session.getItem(key) ?? "null");
  session.removeItem(key);
  return value;
}
