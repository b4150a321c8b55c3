// Numbers and times for people, whatever the language.

/**
 * Four digits, and no more.
 * @param {number | null | undefined} value
 * @param {string} language
 */
export function numberIn(value, language) {
  if (value == null) return "–";
  const size = Math.abs(value);
  if (size < 1e4 && (!size || size >= 1e-3)) return String(+value.toPrecision(4));
  return (+value.toPrecision(3)).toLocaleString(language, { maximumSignificantDigits: 3 });
}

/**
 * A time in its most suitable unit: the key of its words, and how many.
 * @param {number} seconds
 * @returns {[key: string, count: number | string]}
 */
export function timeUnit(seconds) {
  if (seconds < 90) return ["time.s", Math.round(seconds)];
  if (seconds < 5400) return ["time.min", Math.round(seconds / 60)];
  return ["time.h", (seconds / 3600).toFixed(1)];
}

/**
 * The text with its {fields} filled from `values`; fields without a value stay as they are.
 * @param {string} text
 * @param {Record<string, unknown>} values
 */
export const fill = (text, values) => text.replace(/{(\w+)}/g, (whole, name) => String(values[name] ?? whole));
