// A picture that is damaged or small: the model finds what fits to the rest of it.
import { penOf } from "../common/chart.js";
import { make } from "../common/dom.js";
import { base64Of, bytesOf } from "../common/files.js";
import { work } from "../common/jobs.js";
import { say } from "../common/language.js";
import { blank, paint, single } from "./pictures.js";
import { sketchable } from "./sketch.js";
import { plain } from "./vectors.js";

/** @typedef {import("./types.js").Code} Code */
/** @typedef {import("./types.js").Pictures} Pictures */

const HIDING = "#ff2d78";
const BRUSH = 40;
const HOLE = 110; // a grey

export class Repair {
  /** @type {Pictures | null} the picture to be damaged */
  whole = null;
  // Two layers of what is seen: the picture, and what hides it.
  clean = make("canvas");
  covering = make("canvas");

  /**
   * @param {import("./space.js").Space} space
   * @param {import("./drawing.js").Drawing} drawing
   */
  constructor(space, drawing) {
    this.space = space;
    this.widget = space.widget;
    this.canvas = space.widget.canvas("hide");
    Object.assign(this.covering, { width: this.canvas.width, height: this.canvas.height });
    sketchable(this.canvas, { on: this.covering, width: BRUSH, colour: () => HIDING, done: () => this.#show() });
    const { widget } = this;
    widget.button("repair-current").addEventListener("click", () => this.#damage(space.onScreen?.picture));
    widget.button("repair-drawn").addEventListener("click", () => {
      if (drawing.given) this.#damage(drawing.given);
      else widget.message(say("repair.nothing"));
    });
    widget.button("repair-fill").addEventListener("click", () => void this.#fill());
    widget.button("repair-double").addEventListener("click", () => void this.#double());
    space.opened.push((another) => {
      if (another) this.#forget();
      else this.#forgetAnswer();
    });
    widget.root.addEventListener("drawn", () => { // the first picture of a model waits on this tab
      if (!widget.panel("repair").hidden) this.begin();
    });
  }

  /** Begin with what is on the screen, unless there is a picture already. */
  begin() {
    if (!this.whole) this.#damage(this.space.onScreen?.picture);
  }

  #forget() {
    this.whole = null;
    for (const canvas of [this.canvas, this.clean, this.covering]) blank(canvas);
    this.#forgetAnswer();
  }

  /** What was found is of another picture, or of the model at another step. */
  #forgetAnswer() {
    const { widget } = this;
    for (const role of ["repair-seen", "repair-done"]) blank(widget.canvas(role));
    widget.part("repair-seen-words").textContent = say("repair.seen");
    widget.part("repair-done-words").textContent = say("repair.done");
  }

  /** @param {Pictures | undefined} picture */
  #damage(picture) {
    if (!picture) return;
    this.whole = picture;
    paint(this.clean, picture);
    blank(this.covering);
    this.#show();
    this.#forgetAnswer();
  }

  #show() {
    const { width, height } = this.canvas;
    const pen = penOf(this.canvas);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.clean, 0, 0, width, height);
    pen.drawImage(this.covering, 0, 0);
  }

  /**
   * Which pixels of the picture the person has painted over, be it ever so little: a byte each.
   * @param {Pictures} whole
   */
  #hiddenPixels({ shape: [, height, width] }) {
    const mask = new Uint8Array(height * width);
    const { width: across, height: down } = this.canvas;
    const { data } = penOf(this.covering).getImageData(0, 0, across, down);
    for (let y = 0; y < down; y++)
      for (let x = 0; x < across; x++)
        if (data[4 * (y * across + x) + 3])
          mask[Math.floor((y * height) / down) * width + Math.floor((x * width) / across)] = 1;
    return mask;
  }

  async #fill() {
    const { widget, space, whole } = this;
    if (!whole) {
      widget.message(say("repair.nothing"));
      return;
    }
    const mask = this.#hiddenPixels(whole);
    if (!mask.some(Boolean)) {
      widget.message(say("repair.hide.first"));
      return;
    }
    paint(widget.canvas("repair-seen"), withHoles(whole, mask));
    let done = false;
    /** @param {Code} code */
    const preview = async ({ z, label }) => {
      const points = [plain(z, label, space.model.class_names)];
      const drawn = await widget.call("draw", { ...space.here(), points });
      if (drawn && !done) paint(widget.canvas("repair-done"), drawn);
    };
    const asked = { ...space.here(), picture: single(whole), hidden: base64Of(mask), shrink: 1 };
    const result = await work(widget, "search", asked, widget.part("repair-job"), {
      onShown: (code) => void preview(code),
    });
    if (!result) return;
    done = true;
    paint(widget.canvas("repair-done"), result.filled);
  }

  async #double() {
    const { widget, space, whole } = this;
    if (!whole) {
      widget.message(say("repair.nothing"));
      return;
    }
    const asked = { ...space.here(), picture: single(whole), shrink: 2 };
    const result = await work(widget, "search", asked, widget.part("repair-job"));
    if (!result) return;
    widget.part("repair-seen-words").textContent = say("repair.small");
    widget.part("repair-done-words").textContent = say("repair.doubled");
    paint(widget.canvas("repair-seen"), result.small);
    paint(widget.canvas("repair-done"), result.filled);
  }
}

/**
 * The picture with what is hidden in grey.
 * @param {Pictures} whole
 * @param {Uint8Array} mask
 * @returns {Pictures}
 */
function withHoles({ pixels, shape }, mask) {
  const bytes = bytesOf(pixels);
  const channels = shape[3];
  mask.forEach((covered, i) => {
    if (covered) bytes.fill(HOLE, i * channels, (i + 1) * channels);
  });
  return { pixels: base64Of(bytes), shape };
}
