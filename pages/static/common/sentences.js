// What the core says, in a language of the page: pages/i18n.py does the same.
import { fill } from "./numbers.js";

/**
 * A sentence in the language of these words. Settings, figures and data in it are called as the page calls them, and a
 * file by its name, wherever it lies.
 * @param {import("./types.js").Sentence} said
 * @param {Record<string, string>} words
 * @param {Record<string, string[]>} names prefixes of keys, by a field, or a field of one sentence
 * @param {string[]} files fields that name a file
 */
export function sentenceIn({ key, text, values, template: english }, words, names, files) {
  const template = words[`error.${key}`] ?? english;
  if (!template) return text;
  /** @param {string} field @param {unknown} value */
  const shown = (field, value) => {
    const prefixes = names[`${key}.${field}`] ?? names[field];
    if (typeof value !== "string") return value;
    if (prefixes) return value.split(", ").map((one) => named(one, prefixes, words)).join(words["list.between"] ?? ", ");
    return files.includes(field) ? value.split(/[\\/]/).findLast(Boolean) : value;
  };
  return fill(template, Object.fromEntries(Object.entries(values).map(([field, one]) => [field, shown(field, one)])));
}

/**
 * The word for a name, or for the name in “name = value”.
 * @param {string} text
 * @param {string[]} prefixes
 * @param {Record<string, string>} words
 */
function named(text, prefixes, words) {
  const [name, ...rest] = text.split(" = ");
  const prefix = prefixes.find((one) => words[`${one}${name}`] !== undefined);
  return prefix === undefined ? text : [words[`${prefix}${name}`], ...rest].join(" = ");
}
