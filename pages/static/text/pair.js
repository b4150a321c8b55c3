// Two models on one prompt, side by side.
import { holding, make, offer } from "../common/dom.js";
import { titleOf } from "./desk.js";
import { emptySample, lastOf } from "./tokens.js";

/** @typedef {import("./types.js").Where} Where */
/** @typedef {import("./writing.js").Writing} Writing */

const LEAD = 400; // characters that are shown of the prompt

/**
 * Offer the other models; there may be none.
 * @param {import("./desk.js").Desk} desk
 */
export function offerOthers({ widget, models, current }) {
  const list = widget.select("other");
  const before = list.value;
  const others = models.filter((one) => one.name !== current?.run);
  offer(list, others.map((one) => [one.name, titleOf(one)]));
  if (others.some((one) => one.name === before)) list.value = before;
  widget.button("compare").disabled = !others.length;
}

/**
 * @param {Writing} writing
 * @param {import("./knobs.js").Knobs} knobs
 */
export function offerPair(writing, knobs) {
  const { widget, desk } = writing;
  const button = widget.button("compare");
  widget.select("other").addEventListener("change", () => widget.part("pair").replaceChildren());
  button.addEventListener("click", async () => {
    const prompt = writing.prompt.value;
    const { seed } = knobs.values();
    /** @type {Where[]} */
    const pair = [desk.here(), { run: widget.select("other").value, step: null }];
    widget.message("");
    const texts = pair.map(({ run }) => cardOf(run, prompt));
    widget.part("pair").replaceChildren(...texts.map(({ card }) => card));
    const beginning = { prompt, chosen: [] };
    button.disabled = true;
    await writing.whileBusy(() => Promise.all(pair.map((where, i) =>
      writing.grow({ beginning, seed, samples: [texts[i].sample], where }))));
    button.disabled = false;
  });
}

/**
 * @param {string} run
 * @param {string} prompt
 */
function cardOf(run, prompt) {
  const body = holding(make("p", null, { class: "spans" }), make("span", lastOf(prompt, LEAD), { class: "lead" }));
  const card = holding(make("article", null, { class: "sample" }), make("p", run, { class: "sample-head" }), body);
  return { card, sample: { ...emptySample(), body } };
}
