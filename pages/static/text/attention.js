// Inside the network: where each head looks, with the formula's numbers.
import { penOf } from "../common/chart.js";
import { holding, make } from "../common/dom.js";
import { bytesOf } from "../common/files.js";
import { say } from "../common/language.js";
import { latest } from "../common/latest.js";
import { named, percent, visible } from "./tokens.js";

/** @typedef {import("./types.js").AttentionNumbers} Numbers */
/** @typedef {import("./types.js").Beginning} Beginning */

/**
 * What the tab shows: the tokens that are read, and how much each looks at each.
 * @typedef {{ tokens: string[], layers: number, heads: number, weights: Uint8Array, beginning: Beginning }} Seen
 */

const BLUE = [37, 99, 235];
const MOST_ROWS = 6; // of the formula's table
const LEAST_EARLIER = 0.0005; // that is worth a row

export class Attention {
  /** @type {Seen | null} */
  seen = null;
  head = { layer: 0, head: 0 };
  at = 0; // the token that is pointed at

  /** @param {import("./writing.js").Writing} writing */
  constructor(writing) {
    this.writing = writing;
    this.widget = writing.widget;
    this.matrix = this.widget.canvas("matrix");
    this.matrix.setAttribute("aria-label", say("attention.matrix"));
    writing.desk.opened.push(() => this.forget());
    this.showNumbers = latest(() => this.#showNumbers());
    this.matrix.addEventListener("pointermove", ({ clientY }) => {
      if (!this.seen) return;
      const { top, height } = this.matrix.getBoundingClientRect();
      const last = this.seen.tokens.length - 1;
      const place = Math.floor(((clientY - top) / height) * (last + 1));
      this.#pointAt(this.seen, Math.min(last, Math.max(0, place)));
    });
  }

  /** Nothing has been looked at. */
  forget() {
    this.seen = null;
    for (const role of ["heads", "head-name", "reading", "formula"]) this.widget.part(role).replaceChildren();
    penOf(this.matrix).clearRect(0, 0, this.matrix.width, this.matrix.height);
  }

  async show() {
    this.seen = null;
    const { era } = this.widget;
    const beginning = this.writing.beginning();
    const found = await this.widget.call("attention", { ...this.writing.there(), beginning });
    if (!found && era === this.widget.era) this.forget(); // what was seen is of another text
    if (!found) return;
    const seen = { ...found, weights: bytesOf(found.weights), beginning };
    this.seen = seen;
    const { layer, head } = this.head;
    this.head = { layer: Math.min(layer, found.layers - 1), head: Math.min(head, found.heads - 1) };
    this.#drawHeads(seen);
    this.#drawReading(seen);
    this.#pointAt(seen, found.tokens.length - 1);
  }

  /** @param {Seen} seen */
  #drawHeads(seen) {
    const grid = this.widget.part("heads");
    grid.style.gridTemplateColumns = `auto repeat(${seen.heads}, minmax(0, 52px))`;
    grid.replaceChildren();
    for (let layer = 0; layer < seen.layers; layer++) {
      grid.append(make("span", say("attention.layer", { n: layer + 1 }), { class: "quiet" }));
      for (let head = 0; head < seen.heads; head++) grid.append(this.#headCanvas(seen, layer, head));
    }
    this.#markHead(seen);
  }

  /**
   * @param {Seen} seen
   * @param {number} layer
   * @param {number} head
   */
  #headCanvas(seen, layer, head) {
    const title = say("attention.head", { layer: layer + 1, head: head + 1 });
    const data = { "data-layer": layer, "data-head": head };
    const canvas = make("canvas", null, { role: "button", tabindex: 0, "aria-label": title, ...data });
    paintHead(canvas, seen, layer, head);
    const pick = () => {
      this.head = { layer, head };
      this.#markHead(seen);
      this.#pointAt(seen, this.at);
    };
    canvas.addEventListener("click", pick);
    canvas.addEventListener("keydown", ({ key }) => {
      if (key === "Enter") pick();
    });
    return canvas;
  }

  /** @param {Seen} seen */
  #markHead(seen) {
    const { layer, head } = this.head;
    for (const { classList, dataset } of this.widget.part("heads").querySelectorAll("canvas"))
      classList.toggle("on", Number(dataset.layer) === layer && Number(dataset.head) === head);
    this.widget.part("head-name").textContent = say("attention.head", { layer: layer + 1, head: head + 1 });
    paintHead(this.matrix, seen, layer, head);
  }

  /** @param {Seen} seen */
  #drawReading(seen) {
    this.widget.part("reading").replaceChildren(...seen.tokens.map((text, i) => {
      const span = make("span", visible(text) || "▯", { class: "read", tabindex: 0 });
      for (const kind of ["pointerenter", "click", "focus"])
        span.addEventListener(kind, () => this.#pointAt(seen, i));
      return span;
    }));
  }

  /**
   * @param {Seen} seen
   * @param {number} at
   */
  #pointAt(seen, at) {
    this.at = at;
    const { layer, head } = this.head;
    const length = seen.tokens.length;
    const row = weightsOf(seen, layer, head).subarray(at * length, (at + 1) * length);
    this.widget.part("reading").querySelectorAll("span").forEach((span, i) => {
      const weight = i <= at ? row[i] / 255 : 0;
      span.style.setProperty("--weight", String(weight));
      span.classList.toggle("at", i === at);
      span.classList.toggle("later", i > at);
      span.title = i <= at ? percent(weight) : "";
    });
    void this.showNumbers();
  }

  async #showNumbers() {
    const { seen, at, head, writing } = this;
    if (!seen) return;
    const asked = { ...writing.there(), beginning: seen.beginning, ...head, at };
    const found = await this.widget.call("attention_numbers", asked);
    if (found && seen === this.seen && at === this.at && head === this.head) this.#drawFormula(found, seen.tokens);
  }

  /**
   * @param {Numbers} found
   * @param {string[]} tokens
   */
  #drawFormula({ size, query, keys, scores, weights, earlier, output }, tokens) {
    const order = weights.map((_, i) => i).sort((a, b) => weights[b] - weights[a]).slice(0, MOST_ROWS);
    const titles = ["token", "key", "score", "weight"].map((key) => make("th", say(`attention.${key}`)));
    const rows = order.map((i) => {
      const cells = [named(tokens[i]), vector(keys[i], size), scores[i].toFixed(2), percent(weights[i])];
      return cells.map((one) => make("td", one));
    });
    if (earlier > LEAST_EARLIER)
      rows.push([make("td", say("attention.earlier"), { colspan: 3 }), make("td", percent(earlier))]);
    const token = named(tokens[this.at]);
    this.widget.part("formula").replaceChildren(
      make("p", say("attention.formula"), { class: "equation" }),
      make("p", say("attention.query", { token, q: vector(query, size), d: size })),
      holding(make("table"), ...[titles, ...rows].map((cells) => holding(make("tr"), ...cells))),
      make("p", say("attention.output", { v: vector(output, size) })),
    );
  }
}

/**
 * @param {Seen} seen
 * @param {number} layer
 * @param {number} head
 */
function weightsOf({ tokens, heads, weights }, layer, head) {
  const size = tokens.length ** 2;
  const start = (layer * heads + head) * size;
  return weights.subarray(start, start + size);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Seen} seen
 * @param {number} layer
 * @param {number} head
 */
function paintHead(canvas, seen, layer, head) {
  const length = seen.tokens.length;
  const image = new ImageData(length, length);
  weightsOf(seen, layer, head).forEach((weight, i) => {
    image.data.set([...BLUE, 255 * Math.sqrt(weight / 255)], 4 * i); // the root lets small weights be seen, too
  });
  Object.assign(canvas, { width: length, height: length });
  penOf(canvas).putImageData(image, 0, 0);
}

/**
 * @param {number[]} numbers the first ones
 * @param {number} size of the whole vector
 */
const vector = (numbers, size) =>
  `[${numbers.map((value) => value.toFixed(2)).join(", ")}${size > numbers.length ? ", …" : ""}]`;
