// What the doctor says of the run on screen, with a button for each remedy; the gate's verdict is beside it.
import { action, holding, make } from "../common/dom.js";
import { say, sentence } from "../common/language.js";
import { local } from "../common/storage.js";
import { saidChanges } from "./changes.js";
import { addressOf, pageOf } from "./explore.js";
import { Gate } from "./gate.js";

/** @typedef {import("./types.js").Changes} Changes */
/** @typedef {import("./types.js").Examined} Examined */
/** @typedef {import("./types.js").Finding} Finding */
/** @typedef {import("./types.js").Run} Run */

/** @typedef {import("./watch.js").Watch} Watch */

const USUAL_PRICES = { kwh: 0.2, hour: 0 };

export class Doctor {
  examined = ""; // what is drawn, so that nothing is drawn twice

  /**
   * @param {import("./watch.js").Widget} widget
   * @param {Run} run
   * @param {Watch} watch
   */
  constructor(widget, run, watch) {
    this.widget = widget;
    this.run = run;
    this.watch = watch;
    this.gate = new Gate(widget, this);
    for (const [name, usual] of Object.entries(USUAL_PRICES)) this.#askPrice(name, usual);
  }

  /**
   * @param {string} name
   * @param {number} usual
   */
  #askPrice(name, usual) {
    const input = this.widget.input(`price-${name}`);
    input.before(say(`cost.price.${name}`));
    input.value = local.getItem(`aigc-price-${name}`) ?? String(usual);
    input.addEventListener("input", () => {
      local.setItem(`aigc-price-${name}`, input.value);
      void this.examine();
    });
  }

  async examine() {
    const { run } = this;
    const [kwh, hour] = ["kwh", "hour"].map((one) => Number(this.widget.input(`price-${one}`).value));
    const found = await this.widget.ask("examine", { run: run.name, per_kwh: kwh, per_hour: hour });
    if (!found) return;
    const text = JSON.stringify(found);
    if (text === this.examined) return;
    this.examined = text;
    this.#drawFindings(run, found);
    this.gate.draw(run, found);
  }

  /**
   * @param {Run} run
   * @param {Examined} found
   */
  #drawFindings(run, { findings, young, active }) {
    const list = findings.map((one) =>
      holding(
        make("li", null, { class: one.level, "data-finding": one.name }),
        make("b", say(`finding.${one.name}`)),
        make("p", sentence(one.evidence)),
        make("p", sentence(one.advice)),
        this.#remedies(run, one, active),
      ));
    if (!list.length) list.push(make("li", say(young ? "doctor.young" : "doctor.well"), { class: "well" }));
    this.widget.part("findings").replaceChildren(...list);
  }

  /**
   * @param {Run} run
   * @param {Finding} finding
   * @param {boolean} active whether the run trains
   */
  #remedies(run, { changes, back_to: step }, active) {
    const row = make("div", null, { class: "row" });
    const now = Object.fromEntries(Object.entries(changes).filter(([name]) => run.live.includes(name)));
    if (active && Object.keys(now).length) {
      const set = () => this.widget.ask("ask", { run: run.name, what: "set", changes: now });
      row.append(action(say("doctor.now", { changes: saidChanges(now) }), set));
    }
    if (Object.keys(changes).length)
      row.append(action(say("doctor.again", { changes: saidChanges(changes) }), () => this.again(run, changes)));
    const page = pageOf(run);
    if (step !== null && page)
      row.append(make("a", say("doctor.back", { step }), { href: addressOf(page, run, step) }));
    return row;
  }

  /**
   * Train a new run with other settings, and look at that.
   * @param {Run} run
   * @param {Changes} changes
   */
  async again(run, changes) {
    await this.watch.follow((await this.widget.ask("again", { run: run.name, changes })) ?? "");
  }
}
