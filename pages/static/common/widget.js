// A page that asks the server: what it answers, and what went wrong.
import { hear, setText } from "./dom.js";
import { say, sentence } from "./language.js";
import { View } from "./view.js";

/** @typedef {(text: string, said?: import("./types.js").Sentence) => void} Complain */

const DOINGS = ["pointerdown", "keydown", "click", "input", "change", "drop"];

/**
 * @template {import("./types.js").Functions<Server>} Server
 */
export class Widget extends View {
  #doings = 0; // of the person
  #saidAfter = 0; // how many doings came before the message
  #pressed = false;
  /** @type {[text: string, bad: boolean] | null} */
  #waiting = null; // the message that comes when nothing is pressed any more
  #era = 0;
  /** @type {Set<() => void>} who waits for an answer in this era */
  #asking = new Set();

  /**
   * @param {Pick<import("./types.js").Gradio<Server>, "element" | "server">} gradio
   * @param {(keyof Server)[]} [timeless] functions whose answers count whatever is opened meanwhile
   */
  constructor({ element, server }, timeless = []) {
    super(element);
    this.server = server;
    this.timeless = timeless;
    for (const kind of DOINGS) this.root.addEventListener(kind, () => void (this.#doings += 1), true);
    this.#waitForFinger();
  }

  /** A message that comes or goes moves the page, and never under a finger: its click would be lost. */
  #waitForFinger() {
    this.root.addEventListener("pointerdown", () => void (this.#pressed = true), true);
    const released = () => {
      this.#pressed = false;
      if (this.#waiting) this.message(...this.#waiting);
    };
    hear(this.element, ["pointerup", "pointercancel"], () => void setTimeout(released), true); // after the click
  }

  /**
   * @param {string} text
   * @param {boolean} [bad]
   */
  message(text, bad = true) {
    if (this.#pressed) {
      this.#waiting = [text, bad];
      return;
    }
    this.#waiting = null;
    const line = this.part("message");
    setText(line, text);
    line.classList.toggle("bad", bad);
    this.#saidAfter = this.#doings;
  }

  /** Another model, step or choice is open: answers about the one before are dropped from now on, and not waited for. */
  newEra() {
    this.#era += 1;
    for (const leave of this.#asking) leave();
    this.#asking.clear();
  }

  /**
   * The answer, or null as soon as another era begins.
   * @template Answer
   * @param {Promise<Answer>} asked
   * @returns {Promise<Answer | null>}
   */
  #inThisEra(asked) {
    return new Promise((resolve) => {
      const leave = () => resolve(null);
      this.#asking.add(leave);
      void asked.then((answer) => {
        this.#asking.delete(leave);
        resolve(answer);
      });
    });
  }

  /** What is open now: differs after `newEra`. */
  get era() {
    return this.#era;
  }

  /**
   * The answer's value, or undefined after showing what went wrong (or if it is out of date). What was wrong before is
   * over once something goes well that the person did since.
   * @template {keyof Server} Name
   * @param {Name} name
   * @param {Parameters<Server[Name]>[0]} values
   * @param {{ timeless?: boolean, quiet?: boolean, complain?: Complain }} [how] quiet: no message is over by this;
   *   complain: says what went wrong elsewhere than in the page's line
   * @returns {Promise<ReturnType<Server[Name]> | undefined>}
   */
  async call(name, values, how = {}) {
    const { timeless = this.timeless.includes(name), quiet = false, complain = (text) => this.message(text) } = how;
    const asked = this.#era;
    const doings = this.#doings;
    const answering = this.server[name](values).catch(() => null);
    const answer = await (timeless ? answering : this.#inThisEra(answering));
    if (asked !== this.#era && !timeless) return undefined;
    if (answer?.ok) {
      if (!quiet && doings > this.#saidAfter) this.message("");
      return answer.value;
    }
    if (answer) complain(sentence(answer.error), answer.error);
    else complain(say("watch.lost"));
    return undefined;
  }

  /**
   * The same for what the page looks at by itself: no message is over by it.
   * @template {keyof Server} Name
   * @param {Name} name
   * @param {Parameters<Server[Name]>[0]} values
   */
  ask(name, values) {
    return this.call(name, values, { quiet: true });
  }
}
