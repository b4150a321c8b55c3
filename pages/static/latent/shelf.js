// Kept pictures: what was on the screen when it was kept.
import { holding, make } from "../common/dom.js";
import { say } from "../common/language.js";
import { paint } from "./pictures.js";

/** @typedef {import("./types.js").Seen} Seen */

const MOST_KEPT = 24;

/**
 * A small picture that can be pressed.
 * @param {Seen} seen
 * @param {string} title
 */
export function thumbnail(seen, title) {
  const named = { title, "aria-label": title };
  const canvas = make("canvas", null, { class: "pixels thumb", tabindex: 0, role: "button", ...named });
  paint(canvas, seen.picture);
  canvas.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    canvas.click();
  });
  return canvas;
}

/**
 * The same with a cross that takes it away.
 * @param {Seen} seen
 * @param {string} title
 * @param {() => void} pressed
 * @param {() => void} removed
 */
export function removable(seen, title, pressed, removed) {
  const cross = make("button", "×", { class: "tool", title: say("shelf.remove") });
  const canvas = thumbnail(seen, title);
  canvas.addEventListener("click", pressed);
  cross.addEventListener("click", removed);
  return holding(make("span", null, { class: "kept" }), canvas, cross);
}

export class Shelf {
  /** @type {Seen[]} */
  kept = [];

  /** @param {import("./space.js").Space} space */
  constructor(space) {
    this.space = space;
    space.widget.button("keep").addEventListener("click", () => {
      if (space.onScreen) this.#keep(space.onScreen);
    });
    space.opened.push((another) => {
      if (another) this.fill([]);
    });
  }

  /** @param {Seen} seen */
  #keep(seen) {
    this.kept.push(seen);
    if (this.kept.length > MOST_KEPT) this.kept.shift();
    this.#show();
  }

  /** @param {Seen[]} kept */
  fill(kept) {
    this.kept = [...kept];
    this.#show();
  }

  #show() {
    const { space, kept } = this;
    const boxes = kept.map((seen) => {
      const remove = () => this.fill(kept.filter((one) => one !== seen));
      return removable(seen, say("shelf.back"), () => void space.goBack(seen), remove);
    });
    const empty = make("span", say("shelf.empty"), { class: "quiet" });
    space.widget.part("shelf").replaceChildren(...(boxes.length ? boxes : [empty]));
  }
}
