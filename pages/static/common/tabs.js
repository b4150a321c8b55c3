// Tabs: a button for each panel of the page.
import { make } from "./dom.js";
import { explainRows } from "./help.js";
import { say } from "./language.js";

/** @typedef {import("./view.js").View} View */

export class Tabs {
  /**
   * @param {View} view
   * @param {string} prefix of the keys of their words
   * @param {string[]} names of the panels, in order
   * @param {boolean} explained whether each button has an explanation, too
   */
  constructor(view, prefix, names, explained) {
    this.view = view;
    this.open = names[0];
    /** @type {Record<string, () => void>} called when a panel is opened */
    this.opened = {};
    const row = view.part("tabs");
    for (const name of names) {
      const key = `${prefix}${name}`;
      const button = make("button", say(key), { "data-tab": name, role: "tab" });
      if (explained) button.dataset.tip = `${key}.help`;
      button.addEventListener("click", () => this.show(name));
      row.append(button);
    }
    explainRows(row);
  }

  /** @param {string} name */
  show(name) {
    this.open = name;
    for (const panel of this.view.all("[data-panel]")) panel.hidden = panel.dataset.panel !== name;
    for (const button of this.view.all("[data-tab]")) {
      const on = button.dataset.tab === name;
      button.classList.toggle("on", on);
      button.setAttribute("aria-selected", String(on));
    }
    this.refresh();
  }

  /** Let the open panel show what has changed. */
  refresh() {
    this.opened[this.open]?.();
  }
}
