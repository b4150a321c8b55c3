// A slider over moments, and playing them one after the other.
import { pause } from "./dom.js";

export class Scrubber {
  /** @type {object | null} */
  #playing = null;

  /**
   * @param {HTMLInputElement} range
   * @param {number} everyMs between two moments while it plays
   * @param {(place: number) => unknown} show may return a promise, which is waited for
   */
  constructor(range, everyMs, show) {
    this.range = range;
    this.everyMs = everyMs;
    this.show = show;
    range.addEventListener("input", () => void show(this.place));
  }

  get place() {
    return Number(this.range.value);
  }

  get last() {
    return Number(this.range.max);
  }

  get playing() {
    return this.#playing !== null;
  }

  /**
   * How many moments there are, and which one is shown.
   * @param {number} count
   * @param {number} place
   */
  offer(count, place) {
    this.range.max = String(Math.max(0, count - 1));
    this.range.value = String(Math.max(0, place));
  }

  /** Show every moment from the first one; returns whether it came to the end. */
  async play() {
    const mine = (this.#playing = {});
    this.range.value = "0";
    await this.show(0);
    while (this.place < this.last) {
      await pause(this.everyMs);
      if (this.#playing !== mine || !this.range.isConnected) return false;
      this.range.value = String(this.place + 1);
      await this.show(this.place);
    }
    if (this.#playing === mine) this.#playing = null;
    return true;
  }

  stop() {
    this.#playing = null;
  }
}
