// On which page a run's model can be tried, by what its family can do.
/** @typedef {import("./types.js").Run} Run */

const PAGES = /** @type {const} */ ([["continues_text", "text"], ["decodes_latent", "latent"]]);

/**
 * @param {Run} run
 * @returns {"text" | "latent" | undefined} undefined where there is none
 */
export function pageOf({ capabilities, data }) {
  return data === "points" ? undefined : PAGES.find(([capability]) => capabilities.includes(capability))?.[1];
}

/**
 * @param {string} page
 * @param {Run} run
 * @param {number} [step] the best one if none is given
 */
export const addressOf = (page, { name }, step) =>
  `./${page}?run=${encodeURIComponent(name)}${step === undefined ? "" : `&step=${step}`}`;
