// Which run is shown: the list of runs, and going on looking at one. What is shown of it, its own view draws.
import { nameRun } from "../common/address.js";
import { offer, pause } from "../common/dom.js";
import { say } from "../common/language.js";
import { local } from "../common/storage.js";
import { RunView } from "./run_view.js";

/** @typedef {import("../common/types.js").RunRow} RunRow */
/** @typedef {import("../common/widget.js").Widget<import("./types.js").Server>} Widget */

const POLL_MS = 1000; // more often would cost the training on the same machine
const QUIET_TICKS = 5; // between two looks at a run that does nothing: thirty people may have one open
const KEPT = "aigc-run";

export class Watch {
  /** @type {RunView | null} */
  view = null;
  opening = ""; // the run that is shown, or will be when the server has described it
  listed = ""; // what the list of runs shows

  /** @param {Widget} widget */
  constructor(widget) {
    this.widget = widget;
    const runs = widget.select("runs");
    runs.addEventListener("change", () => void this.open(runs.value));
  }

  // -- opening ------------------------------------------------------------------------------------------

  /**
   * Show the run that was just started, or what was looked at last, and go on looking.
   * @param {string} started
   */
  async begin(started) {
    const named = started || new URLSearchParams(location.search).get("run");
    const asked = named || local.getItem(KEPT);
    const runs = await this.refreshRuns();
    const wanted = runs.find((one) => one.name === asked && (one.name === named || !isEmpty(one)));
    const usable = runs.find((one) => !isEmpty(one)) ?? runs.find((one) => one.state !== "damaged");
    const first = wanted ?? runs.find((one) => one.state === "running") ?? usable;
    if (!this.opening && first) await this.open(first.name);
    this.#showWhetherEmpty();
    await this.refreshRuns();
    for (let tick = 1; this.widget.alive; tick++) {
      await pause(POLL_MS);
      if (document.hidden) continue;
      const quiet = tick % QUIET_TICKS === 0;
      if (this.view?.working || quiet) await this.view?.poll();
      if (!quiet) continue;
      await this.view?.doctor.examine();
      await this.refreshRuns();
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
    const { widget } = this;
    this.#close();
    this.opening = name;
    widget.part("head").hidden = false;
    this.#showWhetherEmpty();
    const { era } = widget;
    const described = await widget.ask("describe", { run: name });
    if (era !== widget.era) return; // another one was asked for meanwhile
    if (!described) {
      this.opening = "";
      local.removeItem(KEPT);
      return;
    }
    local.setItem(KEPT, name);
    nameRun(name);
    this.view = new RunView(widget, described, this);
    await this.view.poll();
    await this.view?.doctor.examine();
  }

  /** Nothing of the run before stays on the screen, and what the server still says of it is dropped. */
  #close() {
    this.view = null;
    this.opening = "";
    this.widget.newEra();
    this.widget.renew();
    this.widget.message("");
  }

  /** The run on screen is gone: to the newest that is left. */
  async leave() {
    const gone = this.opening;
    this.#close();
    local.removeItem(KEPT);
    const left = (await this.refreshRuns()).find((one) => one.state !== "damaged" && one.name !== gone);
    if (left) await this.open(left.name);
    this.#showWhetherEmpty();
    await this.refreshRuns();
  }

  #showWhetherEmpty() {
    this.widget.part("empty").hidden = Boolean(this.opening);
    if (!this.opening) this.widget.part("head").hidden = true;
  }

  // -- the list of runs ---------------------------------------------------------------------------------

  /** @returns {Promise<RunRow[]>} */
  async refreshRuns() {
    const runs = await this.widget.ask("runs", {});
    if (!runs) return [];
    const list = this.widget.select("runs");
    const usable = runs.filter((one) => one.state !== "damaged");
    const text = JSON.stringify(usable.map((one) => [one.name, one.state, one.verdict]));
    if (text !== this.listed || list.value !== this.opening) {
      this.listed = text;
      offer(list, usable.map((one) => [one.name, titleOf(one)]));
      list.value = this.opening; // none, where none is shown
    }
    if (this.view && !runs.some((one) => one.name === this.opening)) {
      const { name } = this.view.run;
      await this.leave();
      this.widget.message(say("watch.gone", { name }));
    }
    return runs;
  }
}

/**
 * Whether there is nothing to see of it, so that nobody is led there who did not ask for it and has another.
 * @param {RunRow} row
 */
const isEmpty = ({ state, step }) => state === "damaged" || (state === "failed" && !step);

/** @param {RunRow} row */
function titleOf({ owner, name, state, verdict, shipped }) {
  const marks = shipped ? [say("run.came_along.short")] : [say(`state.${state}`), ...(verdict ? [say(`gate.${verdict}`)] : [])];
  return [...(owner ? [owner] : []), name, ...marks].join(" · ");
}
