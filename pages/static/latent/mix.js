// Arithmetic with positions, and one picture's content with another one's style.
import { find, make } from "../common/dom.js";
import { say } from "../common/language.js";
import { blank, paint } from "./pictures.js";
import { thumbnail } from "./shelf.js";

/** @typedef {import("./types.js").Position} Position */
/** @typedef {import("./types.js").Seen} Seen */
/** @typedef {"a" | "b" | "c" | "style"} Slot */

/** @type {Slot[]} */
const SLOTS = ["a", "b", "c", "style"];
const USUAL_LAYER = 1; // the shape of the one, the stroke of the other

export class Mix {
  /** @type {Partial<Record<Slot, Seen>>} */
  slots = {};
  /** @type {Position | null} */
  sum = null;
  adding = 0; // the last one wins

  /** @param {import("./space.js").Space} space */
  constructor(space) {
    this.space = space;
    this.widget = space.widget;
    this.layer = this.widget.input("mix-from");
    for (const name of SLOTS) this.#place(name).addEventListener("click", () => this.#fillSlot(name));
    this.#hearButtons();
    space.moved.push(() => {
      if (space.point.other) this.#showLayer(space.point.mix_from);
      void this.showStyle();
    });
    space.opened.push((another) => {
      if (another) this.#begin();
      else void this.showStyle();
    });
  }

  /** @param {Slot} name */
  #place(name) {
    return find(this.widget.root, `[data-slot="${name}"]`, HTMLElement);
  }

  #begin() {
    const { layers } = this.space.model;
    this.slots = {};
    this.widget.part("mix-none").hidden = layers > 1;
    this.widget.part("mix-styles").hidden = layers < 2;
    this.layer.max = String(layers - 1);
    this.#showLayer(USUAL_LAYER);
    this.#showSlots();
    void this.#addUp();
  }

  #hearButtons() {
    const { widget, space, layer } = this;
    widget.button("mix-take").addEventListener("click", () => {
      if (this.sum) space.go(this.sum);
    });
    widget.button("mix-off").addEventListener("click", () => space.go({ other: null }, { from: space.seed }));
    layer.addEventListener("input", () => {
      widget.part("mix-from-shown").textContent = layer.value;
      if (space.point.other) space.glide({ mix_from: Number(layer.value) }, space.seed);
    });
  }

  /** @param {number} layer from which on the second picture counts */
  #showLayer(layer) {
    this.layer.value = String(layer);
    this.widget.part("mix-from-shown").textContent = String(layer);
  }

  #showSlots() {
    for (const name of SLOTS) {
      const seen = this.slots[name];
      const title = say("mix.slot");
      this.#place(name).replaceChildren(seen ? thumbnail(seen, title) : make("span", title, { class: "quiet" }));
    }
  }

  /** @param {Slot} name */
  #fillSlot(name) {
    const { space } = this;
    const now = space.onScreen;
    if (!now) return;
    this.slots[name] = now;
    this.#showSlots();
    if (name !== "style") void this.#addUp();
    else space.go({ other: now.point.z, mix_from: Number(this.layer.value) }, { from: space.seed });
  }

  async #addUp() {
    const { widget, space } = this;
    const mine = (this.adding += 1);
    const take = widget.button("mix-take");
    const canvas = widget.canvas("sum");
    const { a, b, c } = this.slots;
    this.sum = null;
    take.disabled = true;
    if (!a || !b || !c) {
      blank(canvas);
      return;
    }
    const position = await widget.call("combine", { a: a.point, b: b.point, c: c.point });
    const drawn = position && (await widget.call("draw", { ...space.here(), points: [position] }));
    if (!drawn || mine !== this.adding) return;
    this.sum = position;
    paint(canvas, drawn);
    take.disabled = false;
  }

  /** The second picture is part of the position: its place shows it, wherever the position came from. */
  async showStyle() {
    const { space, widget } = this;
    if (!space.open || widget.panel("mix").hidden) return;
    const { point, step } = space;
    const { other } = point;
    const shown = this.slots.style;
    const right = other ? shown?.step === step && String(shown.point.z) === String(other) : !shown;
    if (right) return;
    if (!other) delete this.slots.style;
    else {
      const second = { ...point, z: other, other: null };
      const where = space.here();
      const picture = await widget.call("draw", { ...where, points: [second] });
      if (space.point.other !== other || !picture) return;
      this.slots.style = { ...where, point: second, seed: null, picture };
    }
    this.#showSlots();
  }
}
