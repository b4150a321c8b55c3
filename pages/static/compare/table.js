// A table of the runs: the usual facts, figures, and settings in which they differ.
import { make } from "../common/dom.js";
import { duration, figureName, number, say, settingValue } from "../common/language.js";

/** @typedef {import("./types.js").Compared} Compared */
/** @typedef {import("./types.js").ComparedRun} Run */
/** @typedef {import("./types.js").Value} Value */

/**
 * @typedef {object} Column
 * @property {string} key
 * @property {string} title
 * @property {(run: Run) => Value} of what it is sorted by
 * @property {(run: Run) => string} [shown] where that is not shown as it is
 * @property {boolean} [differs]
 */

/** @type {Column[]} */
const FIXED = [
  { key: "name", title: say("watch.run"), of: (run) => run.name },
  {
    key: "verdict", title: say("gate.title"),
    of: (run) => run.verdict ?? "", shown: (run) => (run.verdict ? say(`gate.${run.verdict}`) : "–"),
  },
  { key: "step", title: say("watch.step"), of: (run) => run.step },
  { key: "seconds", title: say("watch.elapsed"), of: (run) => run.seconds, shown: (run) => duration(run.seconds) },
  {
    key: "joules", title: say("cost.energy"),
    of: (run) => run.joules, shown: (run) => (run.joules ? say("cost.wh", { n: number(run.joules / 3600) }) : "–"),
  },
];

export class Table {
  sortedBy = "";
  downwards = false;

  /** @param {import("./page.js").ComparePage} page */
  constructor(page) {
    this.page = page;
  }

  draw() {
    const { found } = this.page;
    if (!found) return;
    const columns = columnsOf(found);
    const runs = [...found.runs];
    const by = columns.find((one) => one.key === this.sortedBy);
    if (by) runs.sort((a, b) => order(by.of(a), by.of(b)) * (this.downwards ? -1 : 1));
    const head = make("tr");
    for (const column of columns) head.append(this.#title(column));
    const rows = runs.map((run) => {
      const row = make("tr");
      for (const column of columns) row.append(this.#cell(column, run));
      return row;
    });
    this.page.widget.part("table").replaceChildren(head, ...rows);
  }

  /** @param {Column} column */
  #title({ key, title, differs }) {
    const sorted = this.sortedBy === key;
    const button = make("button", title + (sorted ? (this.downwards ? " ↓" : " ↑") : ""));
    button.addEventListener("click", () => {
      this.downwards = sorted && !this.downwards;
      this.sortedBy = key;
      this.draw();
    });
    const cell = make("th", null, { class: differs ? "differs" : "", scope: "col" });
    cell.append(button);
    return cell;
  }

  /**
   * @param {Column} column
   * @param {Run} run
   */
  #cell({ key, of, shown, differs }, run) {
    const cell = make("td", shown ? shown(run) : textOf(of(run)), { class: differs ? "differs" : "" });
    if (key === "name") {
      cell.prepend(this.page.mark(run.name));
      if (run.shipped) cell.append(make("small", say("run.came_along"), { class: "aigc-came" }));
    }
    return cell;
  }
}

/**
 * @param {Compared} found
 * @returns {Column[]}
 */
function columnsOf({ figures, differing }) {
  return [
    ...FIXED,
    ...figures.map((name) => ({
      key: `fig.${name}`, title: figureName(name), of: (/** @type {Run} */ run) => run.figures[name],
    })),
    ...differing.map((name) => ({
      key: `set.${name}`, title: say(`field.${name}`), differs: true,
      of: (/** @type {Run} */ run) => run.settings[name],
      shown: (/** @type {Run} */ run) => settingValue(name, run.settings[name]),
    })),
  ];
}

/** @param {Value} value */
function textOf(value) {
  if (typeof value === "number") return number(value);
  return value === "" || value == null ? "–" : String(value);
}

/**
 * Numbers by size, words by alphabet, what is missing last.
 * @param {Value} a
 * @param {Value} b
 */
function order(a, b) {
  if (a == null || b == null) return Number(a == null) - Number(b == null);
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}
