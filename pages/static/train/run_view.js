// The live view of one run. Another run gets another one, on a page as it came: nothing of the run before can stay.
import { holding, make, setText } from "../common/dom.js";
import { deviceName, duration, figureName, language, number, say, sentence } from "../common/language.js";
import { latest } from "../common/latest.js";
import { saidChanges } from "./changes.js";
import { Curves } from "./curves.js";
import { Doctor } from "./doctor.js";
import { addressOf, pageOf } from "./explore.js";
import { Formulas } from "./formulas.js";
import { Live } from "./live.js";
import { offerFiles } from "./paper.js";
import { Samples } from "./samples.js";

/** @typedef {import("./types.js").Outlook} Outlook */
/** @typedef {import("./types.js").Run} Run */
/** @typedef {import("./types.js").RunEvent} RunEvent */
/** @typedef {import("./types.js").Standing} Standing */
/** @typedef {import("./types.js").Status} Status */

const ACTIVE = ["queued", "running", "paused"];
const BROKEN = ["failed", "interrupted"];
const REALLY_MS = 4000; // for which a second press deletes
const ENDED = ["done", "stopped", "failed", "interrupted"];
const RESUMABLE = ["paused", "stopped", "failed", "interrupted"];
const REQUESTS = /** @type {const} */ (["pause", "resume", "stop"]);

export class RunView {
  working = false; // whether the run trains, waits or pauses
  cursor = "";
  /** @type {Map<string, HTMLElement>} */
  facts = new Map();

  /**
   * @param {import("./watch.js").Widget} widget whose page has just been renewed
   * @param {Run} run
   * @param {import("./watch.js").Watch} watch
   */
  constructor(widget, run, watch) {
    this.widget = widget;
    this.run = run;
    this.watch = watch;
    this.curves = new Curves(widget, run);
    this.samples = new Samples(widget, run);
    this.formulas = new Formulas(widget, run);
    this.live = new Live(widget, run);
    this.doctor = new Doctor(widget, run, watch);
    this.poll = latest(() => this.#poll());
    offerFiles(widget, run);
    this.#showRun();
    this.#hearButtons();
  }

  #showRun() {
    const { widget, run } = this;
    widget.root.dataset.family = run.family;
    for (const role of ["head", "panels", "doctor-box"]) widget.part(role).hidden = false;
    for (const name of ["pin", "delete"]) widget.part(name).title = say(`watch.${name}.help`);
    widget.part("came").hidden = !run.shipped;
    const explore = widget.link("explore");
    const page = pageOf(run);
    explore.hidden = !page;
    if (page) Object.assign(explore, {
      href: addressOf(page, run), textContent: say(`watch.explore.${page}`), title: say(`watch.explore.${page}.help`),
    });
    widget.button("pin").hidden = widget.button("delete").hidden = !run.mine;
    widget.button("delete").textContent = say("watch.delete");
    this.#showPinned();
    this.#offerMore();
  }

  /** Twice as much as it was given, if nothing else is written there. */
  #offerMore() {
    const unit = budgetOf(this.run);
    this.widget.input("budget").value = String(2 * Number(this.run.settings[unit]));
    this.widget.part("unit").textContent = say(`watch.longer.${unit}`);
  }

  #showPinned() {
    this.widget.button("pin").textContent = say(this.run.pinned ? "watch.unpin" : "watch.pin");
  }

  // -- what is new --------------------------------------------------------------------------------------

  async #poll() {
    const { widget, run } = this;
    const said = widget.part("said");
    const lost = (/** @type {string} */ text) => {
      setText(said, text);
      said.classList.add("bad");
    };
    const news = await widget.call("follow", { run: run.name, cursor: this.cursor }, { quiet: true, complain: lost });
    if (!news) return;
    this.cursor = news.cursor;
    for (const event of news.events) this.#take(event);
    if (news.events.length) {
      this.curves.draw();
      this.samples.update();
      this.formulas.fill(this.curves.series);
    }
    this.#showStatus(news.status);
    this.#showFacts(news.status, news.standing);
    this.#showOutlook(news.outlook);
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
        this.live.take(event.changes);
        return this.#note(event.step, say("note.set", { changes: saidChanges(event.changes) }));
      case "note":
      case "finding":
        return this.#note(event.step, sentence(event));
    }
  }

  /** The run went back to a checkpoint: its events come again from the first one. */
  #forgetHistory() {
    this.curves.forget();
    this.samples.forget();
    this.widget.part("notes").replaceChildren();
    this.widget.part("notes-box").hidden = true;
  }

  /**
   * @param {number} step
   * @param {string} text
   */
  #note(step, text) {
    this.widget.part("notes-box").hidden = false;
    this.widget.part("notes").append(make("li", `${say("watch.step")} ${step}: ${text}`));
  }

  /** @param {Status} status */
  #showStatus({ state, step, total_steps: total, message }) {
    const { widget, run } = this;
    const badge = widget.part("state");
    setText(badge, say(`state.${state}`));
    badge.className = `state ${state}`;
    this.working = ACTIVE.includes(state);
    widget.button("pause").disabled = !run.mine || state !== "running";
    widget.button("resume").disabled = !run.mine || !RESUMABLE.includes(state);
    widget.button("stop").disabled = !run.mine || !this.working;
    widget.button("delete").disabled = this.working;
    widget.part("longer").hidden = !run.mine || !ENDED.includes(state) || !step;
    widget.part("live").hidden = !run.mine || !this.working || !run.live.length;
    widget.part("progress").style.width = `${total ? (100 * step) / total : 0}%`;
    const said = widget.part("said");
    setText(said, message ? sentence(message) : state === "interrupted" ? say("note.interrupted") : "");
    said.classList.toggle("bad", BROKEN.includes(state));
    if (!run.device && state === "running" && step > 0) void this.#learnDevice();
  }

  /**
   * @param {Status} status
   * @param {Standing} standing
   */
  #showFacts(status, { figures, judged }) {
    const { run, working } = this;
    const { step, total_steps: total, steps_per_s: speed } = status;
    this.#fact(say("watch.step"), total ? `${step} / ${total}` : `${step}`);
    this.#fact(say("watch.speed"), speed ? say("watch.speed.unit", { value: speed.toPrecision(3) }) : "–");
    this.#fact(say("watch.left"), working ? duration(status.eta_s) : "–");
    this.#fact(say("watch.elapsed"), duration(status.elapsed_s));
    this.#fact(say("watch.device"), deviceName(run.device) || "–");
    if (run.owner) this.#fact(say("watch.owner"), run.owner);
    const [figure, at] = [figures[run.headline], figures.step];
    if (typeof figure !== "number") return;
    const when = typeof at === "number" ? say(judged ? "watch.figure.judged" : "watch.figure.newest", { step: at }) : "";
    this.#fact(figureName(run.headline), number(figure), when);
  }

  /**
   * That the run does not come to its end, and the finished one that came along.
   * @param {Outlook | null} found
   */
  #showOutlook(found) {
    const place = this.widget.part("outlook");
    const text = JSON.stringify(found && [found.why, found.why === "slow" ? Math.round(found.reaches / 10) : found]);
    place.hidden = !found;
    if (!found || place.dataset.told === text) return;
    place.dataset.told = text; // drawn anew only where it differs: a button must not vanish under a finger
    const [reaches, steps] = [found.reaches, found.steps].map((one) => one.toLocaleString(language));
    const rounded = { reaches, steps, minutes: number(found.minutes), wait: Math.round(found.wait) };
    /** @type {HTMLElement[]} */
    const parts = [make("p", say(`outlook.${found.why}`, rounded))];
    const other = found.stand_in;
    if (other) {
      const about = say(other.same ? "outlook.same" : "outlook.other", { data: say(`data.${other.data}`), steps: other.steps.toLocaleString(language) });
      parts.push(make("p", about), make("button", say("outlook.look"), { "data-stand-in": other.name }));
    }
    place.replaceChildren(...parts);
  }

  /**
   * @param {string} name
   * @param {string} text
   * @param {string} [about]
   */
  #fact(name, text, about = "") {
    let node = this.facts.get(name);
    if (!node) {
      node = make("dd");
      this.facts.set(name, node);
      this.widget.part("facts").append(holding(make("div"), make("dt", name), node, make("small", "", { class: "quiet" })));
    }
    setText(node, text);
    if (node.nextElementSibling) setText(node.nextElementSibling, about);
  }

  /** A run that has just begun did not know yet on what it computes. */
  async #learnDevice() {
    const described = await this.widget.ask("describe", { run: this.run.name });
    if (described) this.run.device = described.device;
  }

  // -- buttons ------------------------------------------------------------------------------------------

  #hearButtons() {
    const { widget, run } = this;
    for (const what of REQUESTS) {
      const button = widget.button(what);
      button.addEventListener("click", async () => {
        button.disabled = true;
        await widget.call("ask", { run: run.name, what });
        await this.poll();
      });
    }
    widget.button("longer").addEventListener("click", () => void this.#trainOn());
    widget.button("pin").addEventListener("click", () => void this.#pin());
    widget.button("delete").addEventListener("click", () => void this.#delete());
  }

  async #trainOn() {
    const { widget, run } = this;
    const changes = { [budgetOf(run)]: Number(widget.input("budget").value) };
    if ((await widget.call("ask", { run: run.name, what: "resume", changes })) !== undefined) {
      await this.watch.open(run.name);
    }
  }

  async #pin() {
    const { run } = this;
    if (!(await this.widget.call("pin", { run: run.name, keep: !run.pinned }))) return;
    run.pinned = !run.pinned;
    this.#showPinned();
  }

  async #delete() {
    const button = this.widget.button("delete");
    if (button.textContent !== say("watch.delete.really")) { // asked once more, for a moment
      button.textContent = say("watch.delete.really");
      setTimeout(() => void (button.textContent = say("watch.delete")), REALLY_MS);
      return;
    }
    if (await this.widget.call("remove", { run: this.run.name })) await this.watch.leave();
  }
}

/**
 * What ends the run.
 * @param {Run} run
 */
function budgetOf(run) {
  return run.settings["minutes"] ? "minutes" : "steps";
}
