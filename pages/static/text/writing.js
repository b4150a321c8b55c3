// Writing: a branch is a prompt, tokens chosen after it, and samples that continue both.
import { make, pause } from "../common/dom.js";
import { say, sentence } from "../common/language.js";
import { Branches } from "./branches.js";
import { usualPrompt } from "./purposes.js";
import { emptySample, forgetUnfinished, merge, sampleText } from "./tokens.js";

/** @typedef {import("./types.js").Beginning} Beginning */
/** @typedef {import("./types.js").Where} Where */
/** @typedef {import("./types.js").Written} Written */
/** @typedef {import("./tokens.js").Sample} Sample */

/**
 * How a branch begins: what was chosen after the prompt, as tokens and as text; and from which branch it comes.
 * @typedef {Beginning & { leadText: string, last: string, parent: number | null }} Start
 */
/** @typedef {Start & { id: number, seed: number, step: number, samples: Sample[] }} Branch */

/**
 * Texts that grow after one beginning.
 * @typedef {object} Growth
 * @property {Beginning} beginning
 * @property {number} seed
 * @property {Sample[]} samples
 * @property {Where} [where] which model writes, if not the one in hand
 */

const RUNNING_MS = 60;
const WAITING_MS = 250;

export class Writing {
  /** @type {string[]} the jobs that are writing */
  running = [];
  stopping = false; // the person said so, perhaps before a job has its number
  /** @type {(() => void)[]} called when something has been written */
  written = [];

  /**
   * @param {import("./desk.js").Desk} desk
   * @param {import("./knobs.js").Knobs} knobs
   */
  constructor(desk, knobs) {
    this.desk = desk;
    this.knobs = knobs;
    this.widget = desk.widget;
    this.prompt = this.widget.area("prompt");
    this.branches = new Branches(desk);
    this.#hearButtons();
    this.#setBusy(false);
    desk.opened.push((another) => {
      if (another) void this.#begin();
    });
  }

  /** Whether anything is being written. */
  get busy() {
    return this.running.length > 0;
  }

  #hearButtons() {
    const { widget, knobs } = this;
    const write = widget.button("write");
    const begin = () => {
      const start = { prompt: this.prompt.value, chosen: [], leadText: "", last: "", parent: null };
      return this.writeBranch(start, knobs.count);
    };
    write.addEventListener("click", () => void begin());
    widget.button("continue").addEventListener("click", () => void this.#continue());
    widget.button("stop").addEventListener("click", () => {
      this.stopping = true;
      for (const job of this.running) void widget.call("cancel", { job });
    });
    this.prompt.addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
      if (key === "Enter" && (ctrlKey || metaKey) && !write.disabled) write.click();
    });
  }

  /** @param {boolean} on */
  #setBusy(on) {
    this.widget.button("write").disabled = on;
    this.widget.button("stop").disabled = !on;
    this.widget.button("continue").disabled = on || !this.branches.current;
  }

  /** @param {() => Promise<unknown>} work */
  async whileBusy(work) {
    this.stopping = false;
    this.#setBusy(true);
    try {
      await work();
    } finally {
      this.#setBusy(false);
    }
  }

  /** Another model starts anew, with what it wrote last during its training. */
  async #begin() {
    const { widget, desk, branches } = this;
    const { run, prompt } = desk.model;
    branches.clear();
    this.running = [];
    this.#setBusy(false);
    this.prompt.value = prompt ? `${prompt}\n` : usualPrompt(desk.model, "story");
    const file = desk.models.find((one) => one.name === run)?.sample;
    const sample = file && (await widget.call("sample", { run, file }));
    if (!sample || branches.current || desk.model.run !== run) return;
    const card = make("article", null, { class: "sample" });
    card.append(make("p", say("text.former"), { class: "quiet" }), make("p", sample.content, { class: "spans" }));
    widget.part("samples").replaceChildren(card);
  }

  /**
   * @param {Start} start
   * @param {number} count of samples
   */
  async writeBranch(start, count) {
    const { widget, desk, branches } = this;
    widget.message("");
    const { seed } = this.knobs.values();
    const samples = Array.from({ length: count }, emptySample);
    const step = start.parent === null ? desk.step : (branches.current?.step ?? desk.step);
    const branch = branches.add({ ...start, seed, step, samples });
    const beginning = { prompt: start.prompt, chosen: start.chosen };
    await this.whileBusy(() => this.grow({ beginning, seed, samples }));
    if (!samples[0].texts.length) { // nothing came of it
      branches.remove(branch);
      this.#setBusy(false);
    }
    this.#tellWritten();
  }

  async #continue() {
    const { current: branch, chosenSample: number } = this.branches;
    if (!branch) return;
    const sample = branch.samples[number];
    const beginning = { prompt: branch.prompt, chosen: [...branch.chosen, ...sample.tokens] };
    await this.whileBusy(() => this.grow({ beginning, seed: branch.seed + number, samples: [sample] }));
    this.#tellWritten();
  }

  #tellWritten() {
    for (const tell of this.written) tell();
  }

  /**
   * Write on after a beginning; resolves when it has ended.
   * @param {Growth} growth
   */
  async grow({ beginning, seed, samples, where = this.there() }) {
    const { widget } = this;
    samples.forEach(forgetUnfinished);
    const { era } = widget;
    const before = samples.map((one) => one.texts.length);
    const stop = widget.input("blank-line").checked ? "\n\n" : "";
    const knobs = { ...this.knobs.values(), seed };
    const job = await widget.call("write", { ...where, beginning, knobs, count: samples.length, stop });
    if (!job) return;
    this.running.push(job);
    if (this.stopping) void widget.call("cancel", { job });
    let seen = 0;
    /** @type {Written["state"]} */
    let state = "waiting";
    while (era === widget.era && widget.alive && isGoingOn(state)) {
      const now = await widget.call("written", { job, seen });
      if (!now) break;
      ({ state, seen } = now);
      now.samples.forEach((news, number) => merge(samples[number], news, before[number] + now.from));
      this.#tellPrompt(now);
      if (now.error) widget.message(sentence(now.error));
      if (isGoingOn(state)) await pause(state === "running" ? RUNNING_MS : WAITING_MS);
    }
    if (isGoingOn(state)) void widget.call("cancel", { job });
    this.running = this.running.filter((one) => one !== job);
  }

  /**
   * What the model did not see of the prompt, and that others are before.
   * @param {Written} now
   */
  #tellPrompt({ state, unknown, cut }) {
    const said = [
      state === "waiting" ? say("text.waiting") : "",
      cut ? say("text.prompt.cut") : "",
      unknown ? say("text.prompt.unknown", { characters: unknown }) : "",
    ];
    this.widget.part("prompt-notes").textContent = said.join(" ").trim();
  }

  // -- what stands on the screen, for whoever looks into it -----------------------------------------------

  /** It was written at a step of the model, and is looked into and gone on with at that step. */
  there() {
    return { run: this.desk.model.run, step: this.branches.current?.step ?? this.desk.step };
  }

  /** @returns {Beginning} */
  beginning() {
    const { current: branch, chosenSample: number } = this.branches;
    if (!branch) return { prompt: this.prompt.value, chosen: [] };
    return { prompt: branch.prompt, chosen: [...branch.chosen, ...(branch.samples[number]?.tokens ?? [])] };
  }

  /** What the model wrote after the prompt. */
  ownText() {
    const { current: branch, chosenSample: number } = this.branches;
    return branch ? branch.leadText + sampleText(branch.samples[number] ?? emptySample()) : "";
  }

  wholeText() {
    return (this.branches.current?.prompt ?? this.prompt.value) + this.ownText();
  }
}

/** @param {Written["state"]} state */
const isGoingOn = (state) => state === "waiting" || state === "running";
