// Wrong formulas that are copied a great deal, trained beside the right ones.
import { action, holding, make } from "../common/dom.js";
import { work } from "../common/jobs.js";
import { known, number, say } from "../common/language.js";

/** @typedef {import("./types.js").Side} Side */

const MISTAKES = ["generator-by-error", "two-likelihoods", "averaged-pixels", "averaged-kl"];
const FIGURES = ["negative_elbo", "reconstruction", "kl", "active_units", "diversity", "classes_missing", "coverage"];

/** @param {import("./draw.js").Widget} widget */
export function showMistakes(widget) {
  const boxes = MISTAKES.map((mistake) => {
    const place = make("div");
    const shown = make("div", null, { class: "two" });
    const start = action(say("basics.show"), async () => {
      const found = await work(widget, "mistake", { mistake }, place);
      if (found) shown.replaceChildren(sideOf("right", found.right), sideOf("wrong", found.wrong));
    });
    const [title, about] = [`basics.mistake.${mistake}`, `basics.mistake.${mistake}.about`].map((key) => say(key));
    const box = make("article", null, { "data-mistake": mistake });
    return holding(box, make("b", title), make("p", about), start, place, shown);
  });
  widget.part("mistakes").replaceChildren(...boxes);
}

/**
 * @param {"right" | "wrong"} which
 * @param {Side} side
 */
function sideOf(which, { sheet, figures }) {
  const title = say(`basics.${which}_side`);
  const facts = make("dl", null, { class: "facts" });
  for (const name of FIGURES.filter((one) => one in figures)) {
    const words = make("dt", known(`figure.${name}`) ?? say(`metric.${name}`));
    facts.append(holding(make("div"), words, make("dd", number(figures[name]))));
  }
  const picture = make("img", null, { src: `data:image/png;base64,${sheet}`, class: "picture", alt: title });
  return holding(make("figure", null, { class: which }), make("figcaption", title), picture, facts);
}
