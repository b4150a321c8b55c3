// For a teacher: everything that trains, and everybody.
import { holding, make } from "../common/dom.js";
import { duration, number, say, sentence } from "../common/language.js";

/** @typedef {import("./types.js").Student} Student */
/** @typedef {import("./types.js").Training} Training */

/**
 * A row of a table: the texts of its cells, and at most one button.
 * @typedef {{ cells: (string | number)[], label?: string, act?: () => Promise<unknown> }} Row
 */

const TRAININGS = ["owner", "run", "state", "step", "left"];
const STUDENTS = ["owner", "code", "runs", "mb", "state"];

export class Overview {
  teacher = false;
  told = ""; // what is drawn, so that nothing is drawn twice

  /** @param {import("./me.js").Widget} widget */
  constructor(widget) {
    this.widget = widget;
    widget.button("stop_all").addEventListener("click", async () => {
      const n = await widget.call("stop_all", {});
      await this.#done(n === undefined ? "" : say("class.stopped", { n }));
    });
    widget.button("resume_all").addEventListener("click", async () => {
      const n = await widget.call("resume_all", {});
      await this.#done(n === undefined ? "" : say("class.resumed", { n }));
    });
    widget.button("sweep").addEventListener("click", async () => {
      const swept = await widget.call("sweep", {});
      await this.#done(swept ? say("class.swept", { n: swept.length }) : "");
    });
  }

  /** @param {string} said "" where something went wrong, which is shown already */
  async #done(said) {
    if (said) this.widget.message(said, false);
    await this.show();
  }

  async show() {
    if (!this.teacher) return;
    const all = await this.widget.call("overview", {});
    if (!all || this.told === JSON.stringify(all)) return;
    this.told = JSON.stringify(all);
    this.widget.part("slots").textContent = say("class.slots", { n: all.slots });
    const nobody = say("class.no_students", { code: all.code || "–" });
    this.#fill("trainings", TRAININGS, all.trainings.map((one) => this.#training(one)), say("class.no_trainings"));
    this.#fill("students", STUDENTS, all.students.map((one) => this.#student(one)), nobody);
  }

  /**
   * @param {Training} training
   * @returns {Row}
   */
  #training(training) {
    const { run, owner, state, step, total_steps: total } = training;
    const who = owner || say("class.teacher");
    const cells = [who, run, say(`state.${state}`), `${step} / ${total || "–"}`, whenDone(training)];
    if (state === "interrupted") return { cells };
    return { cells, label: say("watch.stop"), act: () => this.widget.call("stop", { run }) };
  }

  /**
   * @param {Student} student
   * @returns {Row}
   */
  #student({ name, code, runs, mb, state }) {
    const cells = [name, code || "–", runs, number(Math.round(mb)), state ? say(`state.${state}`) : "–"];
    return code ? { cells, label: say("class.forget"), act: () => this.widget.call("forget", { name }) } : { cells };
  }

  /**
   * @param {string} role
   * @param {string[]} columns
   * @param {Row[]} rows
   * @param {string} empty said where there is no row
   */
  #fill(role, columns, rows, empty) {
    const titles = [...columns.map((one) => say(`class.column.${one}`)), ""];
    const head = holding(make("tr"), ...titles.map((one) => make("th", one)));
    const lines = rows.map((row) => this.#line(row));
    this.widget.part(role).replaceChildren(...(rows.length ? [head, ...lines] : [make("caption", empty)]));
  }

  /** @param {Row} row */
  #line({ cells, label, act }) {
    const last = make("td");
    if (label && act) {
      const button = make("button", label);
      button.addEventListener("click", async () => {
        button.disabled = true;
        await act();
        await this.show();
      });
      last.append(button);
    }
    return holding(make("tr"), ...cells.map((one) => make("td", one)), last);
  }
}

/** @param {Training} training */
function whenDone({ message, state, eta_s: left }) {
  if (message && state === "queued") return sentence(message);
  return left === null ? "" : say("class.left", { time: duration(left) });
}
