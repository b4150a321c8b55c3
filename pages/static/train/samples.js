// What the run drew or wrote while it trained, on a slider.
import { setText } from "../common/dom.js";
import { say } from "../common/language.js";
import { Scrubber } from "../common/scrubber.js";
import { viewerOf } from "../common/viewers.js";

/** @typedef {import("../common/types.js").Sample} Sample */

const PLAY_MS = 250;

export class Samples {
  /** @type {{ step: number, file: string }[]} */
  list = [];
  /** @type {string | null} the file on screen */
  shown = null;
  following = true; // the slider stays at the newest sample
  /** @type {Map<string, Sample>} by file */
  fetched = new Map();

  /**
   * @param {import("./watch.js").Widget} widget
   * @param {import("./types.js").Run} run
   */
  constructor(widget, run) {
    this.widget = widget;
    this.run = run.name;
    this.scrubber = new Scrubber(widget.input("scrub"), PLAY_MS, () => this.#show());
    widget.input("scrub").addEventListener("input", () => {
      this.following = this.scrubber.place === this.list.length - 1;
    });
    widget.button("play").addEventListener("click", async () => {
      this.following = false;
      if (await this.scrubber.play()) this.following = true;
    });
  }

  forget() {
    this.scrubber.stop();
    this.list = [];
    this.shown = null;
    this.following = true;
    this.fetched.clear();
    for (const role of ["picture", "text", "other"]) this.widget.part(role).hidden = true;
    this.update();
  }

  /** @param {{ step: number, file: string }} sample */
  add(sample) {
    this.list.push(sample);
  }

  /** Let the slider reach what has been added. */
  update() {
    this.scrubber.offer(this.list.length, this.following ? this.list.length - 1 : this.scrubber.place);
    this.widget.part("samples-wait").hidden = this.list.length > 0;
    this.widget.part("moments").hidden = !this.list.length;
    void this.#show();
  }

  async #show() {
    const sample = this.list[this.scrubber.place];
    if (!sample || sample.file === this.shown) return;
    this.shown = sample.file;
    setText(this.widget.part("sample-step"), `${say("watch.step")} ${sample.step}`);
    const content = await this.#fetch(sample.file);
    if (content && this.shown === sample.file) this.#draw(content, sample.step); // else the thumb has moved on
  }

  /** @param {string} file */
  async #fetch(file) {
    const { run } = this;
    const kept = this.fetched.get(file);
    if (kept) return kept;
    const content = await this.widget.ask("sample", { run, file });
    if (!content) return null;
    this.fetched.set(file, content);
    return content;
  }

  /**
   * @param {Sample} sample
   * @param {number} step
   */
  #draw(sample, step) {
    const picture = this.widget.image("picture");
    const text = this.widget.part("text");
    const other = this.widget.part("other");
    const { kind, content } = sample;
    const title = `${say("watch.samples")} ${step}`;
    picture.hidden = kind !== "picture";
    text.hidden = kind !== "text";
    other.hidden = kind === "picture" || kind === "text";
    if (kind === "text") text.textContent = content;
    else if (kind === "picture") {
      picture.src = content;
      picture.alt = title;
    } else other.replaceChildren(viewerOf(sample, title));
  }
}
