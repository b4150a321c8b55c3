// How much of a given text surprises the model.
import { holding, make } from "../common/dom.js";
import { question } from "../common/help.js";
import { say } from "../common/language.js";
import { named, percent, tokenSpan } from "./tokens.js";

/** @typedef {import("./types.js").Surprise} Found */

/** @param {import("./writing.js").Writing} writing */
export function offerSurprise(writing) {
  const { widget, desk } = writing;
  const text = widget.area("measured");
  text.setAttribute("aria-label", say("text.tab.surprise"));
  const measure = async () => {
    const found = await widget.call("surprise", { ...desk.here(), text: text.value });
    if (!found) return;
    widget.message("");
    widget.part("figures").replaceChildren(...figuresOf(found));
    const notes = [found.cut ? say("surprise.cut") : ""];
    if (found.unknown) notes.push(say("surprise.unknown", { characters: found.unknown }));
    widget.part("measure-notes").textContent = notes.join(" ");
    widget.part("measured-spans").replaceChildren(...found.tokens.map(spanOf));
  };
  widget.button("measure").addEventListener("click", () => void measure());
  widget.button("measure-written").addEventListener("click", () => {
    text.value = writing.wholeText();
    void measure();
  });
  text.addEventListener("input", () => { // the figures are of another text
    for (const role of ["figures", "measure-notes", "measured-spans"]) widget.part(role).replaceChildren();
  });
}

/** @param {Found} found */
function figuresOf({ nats, perplexity, bits_per_byte: bits, n }) {
  const figures = {
    nats: nats.toFixed(3), perplexity: perplexity.toFixed(2), bits: bits.toFixed(3), tokens: n.toLocaleString(),
  };
  return Object.entries(figures).map(([name, value]) => {
    const title = holding(make("dt", say(`surprise.${name}`)), question(`surprise.${name}.help`));
    return holding(make("div"), title, make("dd", value));
  });
}

/** @param {Found["tokens"][number]} token */
function spanOf({ text, nats }) {
  const chance = nats === null ? 1 : Math.exp(-nats);
  const span = tokenSpan(text, chance);
  const token = named(text);
  if (nats === null) span.title = token;
  else span.title = say("surprise.token", { token, nats: nats.toFixed(2), percent: percent(chance) });
  return span;
}
