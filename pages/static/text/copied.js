// Whether the text was copied from what the model learned from.
import { make } from "../common/dom.js";
import { work } from "../common/jobs.js";
import { say } from "../common/language.js";
import { percent } from "./tokens.js";

/** @typedef {import("./types.js").Copied} Found */

/** @param {import("./writing.js").Writing} writing */
export function offerCopies(writing) {
  const { widget } = writing;
  const clear = () => {
    widget.part("copied-source").hidden = true;
    widget.part("copied-verdict").textContent = "";
    widget.part("copied-text").replaceChildren();
  };
  widget.button("compare-source").addEventListener("click", async () => {
    widget.message("");
    clear();
    const text = writing.ownText();
    const letters = [...text];
    const found = await work(widget, "copied", { ...writing.there(), text }, widget.part("copied-job"));
    if (!found) return;
    const [before, copied, after] = cutAt(letters, found.start, found.start + found.length);
    widget.part("copied-text").replaceChildren(before, make("mark", copied), after);
    widget.part("copied-verdict").textContent = verdictOf(found);
    widget.part("copied-source").hidden = !found.length;
    widget.part("copied-place").replaceChildren(found.before, make("mark", copied), found.after);
  });
}

/**
 * @param {string[]} letters
 * @param {number} start
 * @param {number} end
 */
const cutAt = (letters, start, end) =>
  [letters.slice(0, start), letters.slice(start, end), letters.slice(end)].map((one) => one.join(""));

/** @param {Found} found */
function verdictOf({ verdict, limit, length, usual, size, place, cut, began }) {
  const values = { limit, length, usual: usual ?? "–", size: size.toLocaleString(), percent: percent(place) };
  const notes = [cut ? say("copied.cut") : "", began ? say("copied.began", { name: began }) : ""];
  return [say(`copied.${verdict}`, values), ...notes].filter(Boolean).join(" ");
}
