// The live view of one run: asks the server for what is new, draws only what changed.
import { holding, make, offer, pause, setText } from "../common/dom.js";
import { duration, say, sentence } from "../common/language.js";
import { local } from "../common/storage.js";
import { saidChanges } from "./changes.js";
import { Curves } from "./curves.js";
import { Doctor } from "./doctor.js";
import { Formulas } from "./formulas.js";
import { Live } from "./live.js";
import { Samples } from "./samples.js";

/** @typedef {import("./types.js").Run} Run */
/** @typedef {import("./types.js").RunEvent} RunEvent */
/** @typedef {import("./types.js").Status} Status */
/** @typedef {import("../common/types.js").RunRow} RunRow */
/** @typedef {import("../common/widget.js").Widget<import("./types.js").Server>} Widget */

const POLL_MS = 1000; // more often would cost the training on the same machine
const QUIET_TICKS = 5; // between two looks at a run that does nothing: thirty people may have one open
const REALLY_MS = 4000; // for which a second press deletes
const ACTIVE = ["queued", "running", "paused"];
const ENDED = ["done", "stopped", "failed", "interrupted"];
const RESUMABLE = ["paused", "stopped", "failed", "interrupted"];
const KEPT = "aigc-run";
const REQUESTS = /** @type {const} */ (["pause", "resume", "stop"]);

export class Watch {
  /** @type {Run | null} */
  run = null;
  working = false; // whether the run trains, waits or pauses
  cursor = "";
  opening = 0; // the last one asked for wins
  listed = ""; // what the list of runs shows
  /** @type {Map<string, HTMLElement>} */
  facts = new Map();

  /** @param {Widget} widget */
  constructor(widget) {
    this.widget = widget;
    this.curves = new Curves(widget);
    this.samples = new Samples(widget);
    this.formulas = new Formulas(widget);
    this.live = new Live(widget);
    this.doctor = new Doctor(widget, this);
    for (const name of ["explore", "pin", "delete"]) widget.part(name).title = say(`watch.${name}.help`);
    this.#hearButtons();
  }

  // -- opening ------------------------------------------------------------------------------------------

  /**
   * Show the run that was just started, or what was looked at last, and go on looking.
   * @param {string} started
   */
  async begin(started) {
    const asked = started || new URLSearchParams(location.search).get("run") || local.getItem(KEPT);
    const runs = await this.refreshRuns();
    const usable = runs.find((one) => one.state === "running") ?? runs.find((one) => one.state !== "damaged");
    const first = runs.find((one) => one.name === asked) ?? usable;
    if (!this.opening && first) await this.open(first.name);
    if (!this.opening) this.widget.part("empty").hidden = false;
    await this.refreshRuns();
    void this.doctor.keepExamining();
    for (let tick = 1; this.widget.alive; tick++) {
      await pause(POLL_MS);
      if (document.hidden) continue;
      const quiet = tick % QUIET_TICKS === 0;
      if (this.working || quiet) await this.poll();
      if (quiet) await this.refreshRuns();
    }
  }

  /** @param {string} name of a run that was just made; "" is none */
  async follow(name) {
    if (!name) return;
    await this.open(name);
    await this.refreshRuns();
  }

  /** @param {string} name */
  async open(name) {
    const mine = (this.opening += 1);
    const described = await this.widget.ask("describe", { run: name });
    if (mine !== this.opening) return;
    if (!described) {
      local.removeItem(KEPT);
      return;
    }
    local.setItem(KEPT, name);
    this.run = described;
    this.cursor = "";
    this.#forgetHistory();
    this.#showRun(described);
    await this.poll();
    await this.doctor.examine();
  }

  /** @param {Run} run */
  #showRun(run) {
    const { widget } = this;
    for (const role of ["head", "panels", "doctor-box"]) widget.part(role).hidden = false;
    widget.part("empty").hidden = true;
    const explore = widget.link("explore");
    explore.hidden = !run.capabilities.includes("decodes_latent") || run.data === "points";
    explore.href = `./latent?run=${encodeURIComponent(run.name)}`;
    this.#showOwner(run);
    this.#offerMore(run);
    this.curves.open(run);
    this.samples.open(run);
    this.live.open(run);
    this.formulas.open(run);
    this.doctor.forget();
  }

  #forgetHistory() {
    this.curves.forget();
    this.samples.forget();
    this.widget.part("notes").replaceChildren();
    this.widget.part("notes-box").hidden = true;
  }

  // -- what is new --------------------------------------------------------------------------------------

  async poll() {
    const { run } = this;
    if (!run) return;
    const news = await this.widget.ask("follow", { run: run.name, cursor: this.cursor });
    if (!news || this.run !== run) return;
    this.cursor = news.cursor;
    for (const event of news.events) this.#take(event);
    if (news.events.length) {
      this.curves.draw();
      this.samples.update();
      this.formulas.fill(this.curves.series);
    }
    this.#showStatus(run, news.status);
  }

  /** @param {RunEvent} event */
  #take(event) {
    switch (event.kind) {
      case "restart":
        return this.#forgetHistory();
      case "metrics":
        return this.curves.add(event.step, event.values);
      case "eval":
        return this.curves.add(event.step, event.figures, "val:");
      case "sample":
        return this.samples.add(event);
      case "set":
        return this.#note(event.step, say("note.set", { changes: saidChanges(event.changes) }));
      case "note":
      case "finding":
        return this.#note(event.step, sentence(event));
    }
  }

  /**
   * @param {number} step
   * @param {string} text
   */
  #note(step, text) {
    this.widget.part("notes-box").hidden = false;
    this.widget.part("notes").append(make("li", `${say("watch.step")} ${step}: ${text}`));
  }

  /**
   * @param {Run} run
   * @param {Status} status
   */
  #showStatus(run, status) {
    const { widget } = this;
    const { state } = status;
    const badge = widget.part("state");
    setText(badge, say(`state.${state}`));
    badge.className = `state ${state}`;
    this.working = ACTIVE.includes(state);
    widget.button("pause").disabled = !run.mine || state !== "running";
    widget.button("resume").disabled = !run.mine || !RESUMABLE.includes(state);
    widget.button("stop").disabled = !run.mine || !this.working;
    widget.button("delete").disabled = this.working;
    widget.part("longer").hidden = !run.mine || !ENDED.includes(state) || !status.step;
    widget.part("live").hidden = !run.mine || !this.working || !run.live.length;
    this.#showFacts(run, status);
    const done = status.total_steps ? (100 * status.step) / status.total_steps : 0;
    widget.part("progress").style.width = `${done}%`;
    if (status.message) widget.message(sentence(status.message), ["failed", "interrupted"].includes(state));
    else if (state === "interrupted") widget.message(say("note.interrupted"));
    else widget.message("", false);
    if (!run.device && state === "running" && status.step > 0) void this.#learnDevice(run);
  }

  /**
   * @param {Run} run
   * @param {Status} status
   */
  #showFacts(run, status) {
    const { step, total_steps: total, steps_per_s: speed } = status;
    this.#fact("watch.step", total ? `${step} / ${total}` : `${step}`);
    this.#fact("watch.speed", speed ? say("watch.speed.unit", { value: speed.toPrecision(3) }) : "–");
    this.#fact("watch.left", this.working ? duration(status.eta_s) : "–");
    this.#fact("watch.elapsed", duration(status.elapsed_s));
    this.#fact("watch.device", run.device || "–");
    const figure = status.figures[run.headline];
    if (figure !== undefined) this.#fact(`metric.val:${run.headline}`, figure.toPrecision(4));
  }

  /**
   * @param {string} key of its name
   * @param {string} text
   */
  #fact(key, text) {
    let node = this.facts.get(key);
    if (!node) {
      node = make("dd");
      this.facts.set(key, node);
      this.widget.part("facts").append(holding(make("div"), make("dt", say(key)), node));
    }
    setText(node, text);
  }

  /**
   * A run that has just begun did not know yet on what it computes.
   * @param {Run} run
   */
  async #learnDevice(run) {
    const described = await this.widget.ask("describe", { run: run.name });
    if (described) run.device = described.device;
  }

  // -- buttons ------------------------------------------------------------------------------------------

  #hearButtons() {
    const { widget } = this;
    for (const what of REQUESTS) {
      const button = widget.button(what);
      button.addEventListener("click", async () => {
        if (!this.run) return;
        button.disabled = true;
        await widget.ask("ask", { run: this.run.name, what });
        await this.poll();
      });
    }
    widget.button("longer").addEventListener("click", () => void this.#trainOn());
    widget.button("pin").addEventListener("click", () => void this.#pin());
    widget.button("delete").addEventListener("click", () => void this.#delete());
    const runs = widget.select("runs");
    runs.addEventListener("change", () => void this.open(runs.value));
  }

  /**
   * Whose it is, and what only its owner may do with it.
   * @param {Run} run
   */
  #showOwner(run) {
    const pin = this.widget.button("pin");
    const remove = this.widget.button("delete");
    pin.hidden = remove.hidden = !run.mine;
    pin.textContent = say(run.pinned ? "watch.unpin" : "watch.pin");
    remove.textContent = say("watch.delete");
    if (run.owner || this.facts.has("watch.owner")) this.#fact("watch.owner", run.owner || "–");
  }

  /**
   * Twice as much as it was given, if nothing else is written there.
   * @param {Run} run
   */
  #offerMore(run) {
    const unit = budgetOf(run);
    this.widget.input("budget").value = String(2 * Number(run.settings[unit]));
    this.widget.part("unit").textContent = say(`watch.longer.${unit}`);
  }

  async #trainOn() {
    const { run } = this;
    if (!run) return;
    const changes = { [budgetOf(run)]: Number(this.widget.input("budget").value) };
    await this.widget.ask("ask", { run: run.name, what: "resume", changes });
    await this.open(run.name);
  }

  async #pin() {
    const { run } = this;
    if (!run || !(await this.widget.ask("pin", { run: run.name, keep: !run.pinned }))) return;
    run.pinned = !run.pinned;
    this.#showOwner(run);
  }

  async #delete() {
    const { run } = this;
    const button = this.widget.button("delete");
    if (!run) return;
    if (button.textContent !== say("watch.delete.really")) { // asked once more, for a moment
      button.textContent = say("watch.delete.really");
      setTimeout(() => void (button.textContent = say("watch.delete")), REALLY_MS);
      return;
    }
    if (!(await this.widget.ask("remove", { run: run.name }))) return;
    local.removeItem(KEPT);
    const left = (await this.refreshRuns()).find((one) => one.state !== "damaged");
    if (left) await this.open(left.name);
    await this.refreshRuns();
  }

  // -- the list of runs ---------------------------------------------------------------------------------

  /** @returns {Promise<RunRow[]>} */
  async refreshRuns() {
    const runs = await this.widget.ask("runs", {});
    if (!runs) return [];
    const list = this.widget.select("runs");
    const text = JSON.stringify(runs.map((one) => [one.name, one.state, one.ready]));
    if (text !== this.listed || list.value !== this.run?.name) {
      this.listed = text;
      offer(list, runs.filter((one) => one.state !== "damaged").map((one) => [one.name, titleOf(one)]));
      if (this.run) list.value = this.run.name;
    }
    return runs;
  }
}

/** @param {RunRow} row */
function titleOf({ owner, name, state, ready }) {
  return [...(owner ? [owner] : []), name, say(`state.${state}`), ...(ready ? [say("gate.ready")] : [])].join(" · ");
}

/**
 * What ends the run.
 * @param {Run} run
 */
function budgetOf(run) {
  return run.settings["minutes"] ? "minutes" : "steps";
}
