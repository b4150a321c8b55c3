// Classes and directions, as the page calls them.
import { known, say } from "../common/language.js";

/** @typedef {import("./types.js").Direction} Direction */

/** @param {string} name */
export const className = (name) => known(`class.${name}`) ?? name;

/** @param {Direction} direction */
export function titleOf({ kind, name }) {
  if (kind === "class") return say("direction.class", { name: className(name) });
  if (kind === "attribute") return say(`direction.${name}`);
  return kind === "found" ? say("direction.found", { name }) : name;
}
