// What the run on screen makes small: formulas with the newest numbers under their terms, and the code.
import { holding, make, setText } from "../common/dom.js";
import { curveName, number, say } from "../common/language.js";

/** @typedef {import("./types.js").Formula} Formula */

export class Formulas {
  /** @type {{ node: HTMLElement, figure: string }[]} where a number stands */
  terms = [];

  /**
   * @param {import("./watch.js").Widget} widget
   * @param {import("./types.js").Run} run
   */
  constructor(widget, run) {
    widget.part("formulas-box").hidden = !run.formulas.length;
    widget.part("formulas").replaceChildren(...run.formulas.map((one) => this.#box(one)));
  }

  /** @param {Record<string, import("./curves.js").Point[]>} series */
  fill(series) {
    for (const { node, figure } of this.terms) setText(node, number(series[figure]?.at(-1)?.[1]));
  }

  /** @param {Formula} formula */
  #box({ name, parts, code }) {
    const line = make("p", null, { class: "line" });
    for (const piece of parts) line.append(typeof piece === "string" ? make("span", piece) : this.#term(piece));
    const where = make("summary", `${say("formulas.code")} ${code.file}:${code.line}`);
    const source = holding(make("details"), where, make("pre", code.text));
    const about = make("p", say(`formula.${name}.about`), { class: "quiet" });
    return holding(make("div", null, { class: "formula" }), make("b", say(`formula.${name}`)), line, about, source);
  }

  /** @param {{ symbol: string, figure: string }} term */
  #term({ symbol, figure }) {
    const node = make("i", "–");
    this.terms.push({ node, figure });
    const title = curveName(figure);
    return holding(make("span", null, { class: "term", title }), make("b", symbol), node);
  }
}
