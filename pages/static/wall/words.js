// What the wall says. Its words come with each picture of the class, and are fewer than a page's.
import { fill, timeUnit } from "../common/numbers.js";
import { sentenceIn } from "../common/sentences.js";

/** @typedef {import("../common/types.js").Sentence} Sentence */

/** @type {Record<string, string[]>} what sentences on the wall name: see pages/i18n.py */
const NAMES = { what: ["metric.", "metric.val:", "figure.", "data."], data: ["data."] };

export class Words {
  /** @param {Record<string, string>} words by key */
  constructor(words) {
    this.words = words;
  }

  /**
   * @param {string} key
   * @param {Record<string, unknown>} [values]
   */
  say(key, values = {}) {
    return key in this.words ? fill(this.words[key], values) : key;
  }

  /** @param {Sentence} said */
  sentence(said) {
    return sentenceIn(said, this.words, NAMES, []);
  }

  /** @param {number} seconds */
  time(seconds) {
    const [key, n] = timeUnit(seconds);
    return this.say(key, { n });
  }

  /** @param {string} name of a figure on held-out data */
  figure(name) {
    const known = `metric.val:${name}` in this.words;
    return this.say(known ? `metric.val:${name}` : `figure.${name}`);
  }

  /**
   * The name of a curve: see `curveName` of common/language.js.
   * @param {string} name
   */
  curve(name) {
    if (!name.startsWith("val:")) return this.say(`metric.${name}`);
    return this.say("metric.in_training", { figure: this.figure(name.slice("val:".length)) });
  }

  /** @param {{ family: string, data: string }} run */
  kind({ family, data }) {
    return `${this.say(`family.${family}`)} · ${this.say(`data.${data}`)}`;
  }
}

/**
 * Whose a run is, or its name.
 * @param {{ owner: string, name: string }} run
 */
export const titleOf = ({ owner, name }) => owner || name;

/**
 * Four digits: all that can be read from the back of a room.
 * @param {number | null | undefined} value
 */
export const digits = (value) => (value == null ? "–" : String(+value.toPrecision(4)));
