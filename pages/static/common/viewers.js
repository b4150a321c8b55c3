// Results of every kind on the screen: a viewer each, by the names in aigc_core/media/kinds.py. Whatever has none can be
// saved.
import { make } from "./dom.js";
import { say } from "./language.js";

/** @typedef {import("./types.js").Sample} Sample */

/** @type {Record<string, (sample: Sample, title: string) => HTMLElement>} */
const VIEWERS = {
  picture: ({ content }, title) => make("img", null, { src: content, alt: title, class: "picture" }),
  text: ({ content }) => make("pre", content),
  audio: ({ content }, title) => make("audio", null, { src: content, controls: "", "aria-label": title }),
};

/**
 * What shows a sample.
 * @param {Sample} sample
 * @param {string} title what it is, for those who do not see it
 */
export function viewerOf(sample, title) {
  const viewer = VIEWERS[sample.kind];
  return viewer ? viewer(sample, title) : make("a", say("watch.sample_file"), { href: sample.content, download: title });
}
