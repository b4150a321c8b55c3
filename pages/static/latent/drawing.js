// A picture that is drawn or uploaded: the model finds its place in the space.
import { penOf } from "../common/chart.js";
import { work } from "../common/jobs.js";
import { say } from "../common/language.js";
import { latest } from "../common/latest.js";
import { blank, contentOf, paint, single } from "./pictures.js";
import { sketchable } from "./sketch.js";
import { plain } from "./vectors.js";

/** @typedef {import("./types.js").Code} Code */
/** @typedef {import("./types.js").Pictures} Pictures */
/** @typedef {import("./types.js").Position} Position */

const BRUSH = 22; // pixels of a sketch of 280, about as thick as the strokes of handwritten digits

export class Drawing {
  /** @type {Pictures | null} the picture as the model sees it */
  given = null;
  /** @type {Position | null} the position found for it */
  found = null;
  turn = 0; // raised when the sketch is cleared: answers about an older one are dropped

  /** @param {import("./space.js").Space} space */
  constructor(space) {
    this.space = space;
    this.widget = space.widget;
    this.sketch = space.widget.canvas("sketch");
    const follow = latest(() => this.#showGiven(this.sketch.toDataURL("image/png").split(",")[1]));
    sketchable(this.sketch, {
      width: BRUSH,
      colour: () => (this.#coloured ? this.widget.input("draw-colour").value : "#fff"),
      done: (finished) => {
        if (finished || space.model.encodes) void follow(); // else there is nothing to see before the search
      },
    });
    this.#hearButtons();
    space.opened.push((another) => {
      if (another) this.#begin();
      else this.#forgetFound();
    });
  }

  get #coloured() {
    return this.space.model.shape[0] === 3;
  }

  #begin() {
    this.clear();
    this.widget.part("draw-about").textContent =
      say(this.space.model.encodes ? "draw.about.encodes" : "draw.about.search");
    this.widget.input("draw-colour").hidden = !this.#coloured;
  }

  #hearButtons() {
    const { widget, space } = this;
    const file = widget.input("draw-file");
    widget.button("draw-clear").addEventListener("click", () => this.clear());
    widget.button("draw-upload").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      if (file.files?.[0]) void this.upload(file.files[0]);
      file.value = "";
    });
    widget.button("draw-take").addEventListener("click", () => {
      if (this.found) space.go(this.found);
    });
    widget.button("draw-search").addEventListener("click", () => void this.#search());
  }

  clear() {
    const { sketch, widget } = this;
    const pen = penOf(sketch);
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, sketch.width, sketch.height);
    blank(widget.canvas("framed"));
    this.given = null;
    this.turn += 1; // a search for the old one ends, too
    widget.button("draw-search").disabled = true;
    this.#forgetFound();
  }

  /** What was found is of another picture, or of the model at another step. */
  #forgetFound() {
    this.found = null;
    blank(this.widget.canvas("rebuilt"));
    this.widget.button("draw-take").disabled = true;
  }

  /** @param {File} file */
  async upload(file) {
    const content = await contentOf(this.widget, file);
    if (!content) return;
    this.clear();
    this.#showWhole(file);
    await this.#showGiven(content);
  }

  /**
   * Show a file whole, on the sketch.
   * @param {File} file
   */
  #showWhole(file) {
    const mine = this.turn;
    const { sketch } = this;
    const picture = new Image();
    picture.onload = () => {
      if (mine !== this.turn) return;
      const scale = Math.min(sketch.width / picture.width, sketch.height / picture.height);
      const [width, height] = [picture.width * scale, picture.height * scale];
      penOf(sketch).drawImage(picture, (sketch.width - width) / 2, (sketch.height - height) / 2, width, height);
      URL.revokeObjectURL(picture.src);
    };
    picture.src = URL.createObjectURL(file);
  }

  /** @param {string} content of a picture file, as base64 */
  async #showGiven(content) {
    const mine = this.turn;
    const answer = await this.widget.call("upload", { ...this.space.here(), file: content });
    if (!answer || mine !== this.turn) return;
    this.given = answer.picture;
    paint(this.widget.canvas("framed"), answer.picture);
    this.widget.button("draw-search").disabled = false;
    if (answer.point) await this.#showFound(answer.point);
  }

  /** @param {Code} code */
  async #showFound({ z, label }) {
    const { space, widget } = this;
    const found = (this.found = plain(z, label, space.model.class_names));
    const drawn = await widget.call("draw", { ...space.here(), points: [found] });
    if (found !== this.found) return;
    if (drawn) paint(widget.canvas("rebuilt"), drawn);
    widget.button("draw-take").disabled = false;
  }

  async #search() {
    const { given, space, widget } = this;
    if (!given) return;
    const mine = this.turn;
    const asked = { ...space.here(), picture: single(given), shrink: 1 };
    const found = await work(widget, "search", asked, widget.part("draw-job"), {
      onShown: (code) => void this.#showFound(code),
      wanted: () => mine === this.turn,
    });
    if (found) await this.#showFound(found);
  }
}
