// Tokens on the screen, coloured by how likely each was for the model.
import { make } from "../common/dom.js";

/** @typedef {import("./types.js").Tokens} Tokens */

/** @typedef {Tokens & { body: HTMLElement | null }} Sample a text that grows, and where it stands */

/**
 * 0 is certain, 1 far from expected.
 * @param {number} chance
 */
export const strength = (chance) => Math.min(1, -Math.log(Math.max(chance, 1e-9)) / 6);

/** @param {number} value */
export const percent = (value) => `${(100 * value).toFixed(value < 0.0995 ? 1 : 0)}%`;

/** @param {string} text */
export const visible = (text) => text.replaceAll("\n", "⏎\n");

/**
 * A token by itself.
 * @param {string} text
 */
export const named = (text) => text.replaceAll("\n", "⏎").replaceAll(" ", "␣") || "…";

/**
 * The end of a text, never half a character.
 * @param {string} text
 * @param {number} count
 */
export const lastOf = (text, count) => [...text].slice(-count).join("");

/** @returns {Sample} */
export const emptySample = () => ({ tokens: [], texts: [], chances: [], body: null });

/** @param {Sample} sample */
export const sampleText = (sample) => sample.texts.join("");

/**
 * @param {string} text
 * @param {number} chance
 */
export function tokenSpan(text, chance) {
  const title = `${named(text)} · ${percent(chance)}`;
  const span = make("span", visible(text), { class: "token", style: `--strength: ${strength(chance)}`, title });
  if (!text) span.classList.add("part");
  return span;
}

/**
 * A character that was cut by a stop is spelled out when the text goes on.
 * @param {Sample} sample
 */
export function forgetUnfinished({ texts, chances, body }) {
  const last = texts.length - 1;
  if (!texts[last]?.endsWith("\ufffd")) return;
  texts[last] = texts[last].slice(0, -1);
  body?.querySelectorAll(".token")[last]?.replaceWith(tokenSpan(texts[last], chances[last]));
}

/**
 * Put news of a text into it, and on the screen.
 * @param {Sample} sample
 * @param {Tokens} news
 * @param {number} from the number of the first token that is told
 */
export function merge(sample, news, from) {
  const { texts, chances, body } = sample;
  const known = texts.length;
  sample.tokens.splice(from, sample.tokens.length - from, ...news.tokens);
  texts.splice(from, texts.length - from, ...news.texts);
  chances.splice(from, chances.length - from, ...news.chances);
  if (!body?.isConnected) return;
  const spans = body.querySelectorAll(".token");
  for (let i = from; i < texts.length; i++) {
    const span = tokenSpan(texts[i], chances[i]);
    if (i >= known) body.append(span);
    else if (spans[i] && spans[i].textContent !== span.textContent) spans[i].replaceWith(span);
  }
}
