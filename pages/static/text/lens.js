// What each layer would say already.
import { holding, make } from "../common/dom.js";
import { say } from "../common/language.js";
import { named, percent } from "./tokens.js";

/** @param {import("./writing.js").Writing} writing */
export async function showLens(writing) {
  const { widget } = writing;
  const { era } = widget;
  const found = await widget.call("lens", { ...writing.there(), beginning: writing.beginning() });
  if (!found && era === widget.era) widget.part("lens").replaceChildren(); // what was seen is of another text
  if (!found) return;
  const read = found.tokens.map((text) => make("th", named(text)));
  const lines = found.said.map((texts, layer) => {
    const title = layer ? say("attention.layer", { n: layer }) : say("lens.input");
    return lineOf(title, texts.map((text, i) => cellOf(text, found.chances[layer][i])));
  });
  const place = widget.part("lens");
  place.replaceChildren(holding(make("table"), lineOf(say("lens.read"), read), ...lines));
  place.scrollLeft = place.scrollWidth;
}

/**
 * @param {string} title
 * @param {HTMLElement[]} cells
 */
const lineOf = (title, cells) => holding(make("tr"), make("th", title), ...cells);

/**
 * @param {string} text
 * @param {number} chance
 */
const cellOf = (text, chance) =>
  make("td", named(text), { style: `--weight: ${chance}`, title: percent(chance) });
