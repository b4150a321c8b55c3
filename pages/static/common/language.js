// The language of the page, and everything that is said in it.
import { fill, numberIn, timeUnit } from "./numbers.js";
import { sentenceIn } from "./sentences.js";
import { local } from "./storage.js";
import { FILES, NAMES, WORDS } from "./words.js";

/** @typedef {import("./types.js").Sentence} Sentence */

const KEPT = "aigc-language"; // the name of the cookie, too

// A lesson link says it, the person has chosen it before, or the browser prefers it.
const asked = new URLSearchParams(location.search);
const behindTheDoor = new URLSearchParams((asked.get("then") ?? "").replace(/^[^?]*/, "")); // of who has to join first
const ofLink = asked.get("lang") ?? behindTheDoor.get("lang");
const told = [ofLink, local.getItem(KEPT), document.cookie.match(/(?:^|; )aigc-language=(\w+)/)?.[1]];

/** @type {string} */
export const language =
  told.find((one) => one === "en" || one === "zh") ??
  (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");

const words = WORDS[language];

/** Keep the language for the next page, and tell it to the server, which makes sentences, too. */
export function keepLanguage() {
  if (ofLink === language) local.setItem(KEPT, language);
  tellServer(language);
}

/** @param {string} chosen */
function tellServer(chosen) {
  const within = window.top === window ? "SameSite=Lax" : "SameSite=None; Secure; Partitioned";
  document.cookie = `${KEPT}=${chosen}; path=/; ${within}`;
}

/** Load the page again in the other language. */
export function switchLanguage() {
  const other = language === "zh" ? "en" : "zh";
  local.setItem(KEPT, other);
  tellServer(other);
  location.reload();
}

/**
 * The text of a key in the page's language, its {fields} filled from `values`.
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 */
export function say(key, values = {}) {
  const text = words[key];
  if (text === undefined) return key.replace(/^data\./, ""); // a run of others may have data that is not known here
  return fill(text, values);
}

/**
 * The text of a key, or undefined where there is none, in the page's language or another one.
 * @param {string} key
 * @param {string} [inLanguage]
 * @returns {string | undefined}
 */
export const known = (key, inLanguage = language) => WORDS[inLanguage][key];

/**
 * A sentence of the core in the page's language.
 * @param {Sentence} said
 */
export const sentence = (said) => sentenceIn(said, words, NAMES, FILES);

/** @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds == null) return "–";
  const [key, n] = timeUnit(seconds);
  return say(key, { n });
}

/**
 * A number for people: four digits, and no more.
 * @param {number | null | undefined} value
 */
export const number = (value) => numberIn(value, language);

/**
 * The name of a figure on held-out data.
 * @param {string} name
 */
export const figureName = (name) => known(`metric.val:${name}`) ?? known(`figure.${name}`) ?? name;

/**
 * The name of a curve. What was held out is measured more thoroughly for the verdict, so the two have different names.
 * @param {string} name “val:…” on held-out data
 */
export function curveName(name) {
  if (!name.startsWith("val:")) return known(`metric.${name}`) ?? name;
  return say("metric.in_training", { figure: figureName(name.slice("val:".length)) });
}

/**
 * What a run computed on, as the core noted it down, in words.
 * @param {string} noted
 */
export const deviceName = (noted) => noted.replace(/(\d+) cores/, (_, n) => say("device.cores", { n }));

/**
 * A setting's value in words.
 * @param {string} name of the setting
 * @param {unknown} value
 */
export function settingValue(name, value) {
  if (typeof value === "boolean") return say(value ? "value.true" : "value.false");
  if (typeof value === "number") return number(value);
  if (value == null || value === "") return "–";
  if (name === "data") return say(`data.${value}`);
  return name === "gate" ? String(value).replace(/[a-z]\w+/g, figureName) : String(value); // the figures in conditions
}

/**
 * The language of the label that a file gets, as a box says: "" for none.
 * @param {HTMLInputElement} box
 */
export const labelLanguage = (box) => (box.checked ? language : "");
