// What a card and the run in the middle share.
import { holding, make } from "../common/dom.js";

/** @typedef {import("./types.js").WallSample} WallSample */
/** @typedef {import("./words.js").Words} Words */

/**
 * @param {Words} words
 * @param {string} state
 */
export const badge = (words, state) => make("span", words.say(`state.${state}`), { class: `state ${state}` });

/** @param {{ step: number, total_steps: number }} run */
export function progress({ step, total_steps: total }) {
  const width = total ? (100 * step) / total : 0;
  return holding(make("div", null, { class: "bar" }), make("i", null, { style: `width: ${width}%` }));
}

/**
 * @param {Words} words
 * @param {WallSample | null} sample
 */
export function shownSample(words, sample) {
  if (sample?.picture) return make("img", null, { src: sample.picture, alt: "" });
  if (sample?.text) return make("pre", sample.text);
  return make("p", words.say("wall.no_sample"), { class: "line" });
}
