// What can be turned, what stands in the address, and which of it a teacher has hidden.
import { holding, make } from "../common/dom.js";
import { question } from "../common/help.js";
import { say } from "../common/language.js";

/** @typedef {import("./types.js").Setting} Setting */
/** @typedef {import("./types.js").Settings} Settings */

/**
 * A setting that can be turned: a choice, a number that is typed, or a slider, maybe over powers of ten.
 * @typedef {object} Control
 * @property {string} name
 * @property {string} [of] the model that has it, where not both do
 * @property {string[]} [choices]
 * @property {boolean} [number]
 * @property {[least: number, most: number]} [log] exponents
 * @property {[least: number, most: number, step: number]} [range]
 */

/** @typedef {{ row: HTMLElement, hide: HTMLInputElement, show: (value: Setting) => void }} Field */

/** @type {Control[]} */
const CONTROLS = [
  { name: "model", choices: ["gan", "vae"] },
  { name: "pattern", choices: ["ring", "grid", "line", "spiral", "moons", "drawn"] },
  {
    name: "objective", of: "gan",
    choices: ["non-saturating", "minimax", "least-squares", "hinge", "wasserstein", "relativistic"],
  },
  { name: "lr_d", log: [-5, -1], of: "gan" },
  { name: "lr_g", log: [-5, -1], of: "gan" },
  { name: "d_steps", range: [0, 10, 1], of: "gan" },
  { name: "g_steps", range: [0, 10, 1], of: "gan" },
  { name: "penalty", range: [0, 20, 0.1], of: "gan" },
  { name: "blur", range: [0, 0.5, 0.01], of: "gan" },
  { name: "lr", log: [-5, -1], of: "vae" },
  { name: "beta", range: [0, 10, 0.1], of: "vae" },
  { name: "latent_size", range: [1, 16, 1] },
  { name: "latent", choices: ["normal", "uniform"], of: "gan" },
  { name: "depth", range: [1, 4, 1] },
  { name: "width", range: [2, 128, 2] },
  { name: "batch_size", range: [4, 1024, 4] },
  { name: "seed", number: true },
];
const LOG_STEP = 0.05;
const LARGEST_SEED = 2 ** 31 - 1;
const MOST_IN_ADDRESS = 300; // drawn points

export class Controls {
  /** @type {Map<string, Field>} */
  fields = new Map();
  /** @type {Set<string>} */
  hidden = new Set();
  /** Called when a setting has been changed by hand. */
  changed = () => {};

  /**
   * @param {import("./running.js").Widget} widget
   * @param {Settings} usual every setting's default
   */
  constructor(widget, usual) {
    this.widget = widget;
    this.usual = usual;
    this.settings = this.#settingsOfAddress();
    for (const control of CONTROLS) this.#drawRow(control);
    widget.input("hiding").addEventListener("change", () => this.show());
    this.show();
  }

  // -- the address says what differs from the usual, and what is hidden -----------------------------------

  #settingsOfAddress() {
    const asked = new URLSearchParams(location.search);
    const found = { ...this.usual };
    for (const { name, choices } of CONTROLS) {
      const value = asked.get(name);
      if (value !== null) found[name] = choices ? value : Number(value);
    }
    const drawn = asked.get("drawn");
    if (drawn !== null) found.drawn = placesIn(drawn);
    const hidden = (asked.get("hide") ?? "").split(",");
    this.hidden = new Set(hidden.filter((one) => CONTROLS.some(({ name }) => name === one)));
    return found;
  }

  address() {
    const { settings, usual } = this;
    const asked = new URLSearchParams();
    for (const { name } of CONTROLS) if (settings[name] !== usual[name]) asked.set(name, String(settings[name]));
    if (settings.pattern === "drawn" && settings.drawn.length)
      asked.set("drawn", settings.drawn.slice(0, MOST_IN_ADDRESS).map((one) => one.join(",")).join(";"));
    if (this.hidden.size) asked.set("hide", [...this.hidden].join(","));
    const query = asked.toString().replaceAll("%2C", ",").replaceAll("%3B", ";");
    return `${location.pathname}${query ? `?${query}` : ""}`;
  }

  #keepAddress() {
    history.replaceState(null, "", this.address());
  }

  // -- turning --------------------------------------------------------------------------------------------

  /**
   * @param {string} name
   * @param {Setting} value
   */
  set(name, value) {
    this.settings = { ...this.settings, [name]: value };
    this.#keepAddress();
    this.show();
    this.changed();
  }

  /** Everything as it is usual: what the address said was impossible. */
  reset() {
    this.settings = { ...this.usual };
    this.show();
  }

  /** Let drawn points be what is learned, with none so far. */
  beginDrawing() {
    this.settings = { ...this.settings, pattern: "drawn", drawn: [] };
    this.show();
  }

  // -- drawing --------------------------------------------------------------------------------------------

  /** @param {Control} control */
  #drawRow(control) {
    const { name } = control;
    const title = say(`lab.${name}`);
    const hide = make("input", null, { type: "checkbox", "aria-label": say("lab.hide", { name: title }) });
    hide.addEventListener("change", () => {
      if (hide.checked) this.hidden.add(name);
      else this.hidden.delete(name);
      this.#keepAddress();
    });
    const label = holding(make("label", title), question(`lab.${name}.help`));
    const row = make("div", null, { class: "control", "data-control": name });
    const show = this.#drawInput(control, holding(row, hide, label));
    this.fields.set(name, { row, hide, show });
    this.widget.part("controls").append(row);
  }

  /**
   * Put the input into its row; returns what shows a value there.
   * @param {Control} control
   * @param {HTMLElement} row
   * @returns {(value: Setting) => void}
   */
  #drawInput(control, row) {
    if (control.choices) return this.#drawChoice(control.name, control.choices, row);
    if (control.number) return this.#drawNumber(control.name, row);
    return this.#drawSlider(control, row);
  }

  /**
   * @param {string} name
   * @param {string[]} choices
   * @param {HTMLElement} row
   */
  #drawChoice(name, choices, row) {
    const list = make("select", null, { "aria-label": say(`lab.${name}`) });
    list.append(...choices.map((one) => make("option", say(`lab.${name}.${one}`), { value: one })));
    list.addEventListener("change", () => this.set(name, list.value));
    row.append(list);
    return (/** @type {Setting} */ value) => void (list.value = String(value));
  }

  /**
   * @param {string} name
   * @param {HTMLElement} row
   */
  #drawNumber(name, row) {
    const named = { "aria-label": say(`lab.${name}`) };
    const input = make("input", null, { type: "number", min: 0, max: LARGEST_SEED, step: 1, ...named });
    input.addEventListener("change", () => {
      const typed = Math.floor(Number(input.value)) || 0;
      this.set(name, Math.min(LARGEST_SEED, Math.max(0, typed)));
    });
    row.append(input);
    return (/** @type {Setting} */ value) => void (input.value = String(value));
  }

  /**
   * @param {Control} control
   * @param {HTMLElement} row
   */
  #drawSlider({ name, log, range = [0, 1, 1] }, row) {
    const [min, max, step] = log ? [...log, LOG_STEP] : range;
    const slider = make("input", null, { type: "range", min, max, step, "aria-label": say(`lab.${name}`) });
    const shown = make("b");
    const value = () => (log ? Number((10 ** Number(slider.value)).toPrecision(3)) : Number(slider.value));
    slider.addEventListener("input", () => this.set(name, value()));
    row.append(slider, shown);
    return (/** @type {Setting} */ setting) => {
      const now = Number(setting);
      if (value() !== now) slider.value = String(log ? Math.log10(now) : now);
      shown.textContent = log ? now.toExponential(1) : String(Math.round(now * 1000) / 1000);
    };
  }

  show() {
    const { settings, hidden, widget } = this;
    const hiding = widget.input("hiding").checked;
    for (const { name, of } of CONTROLS) {
      const field = this.fields.get(name);
      if (!field) continue;
      field.row.hidden = (of !== undefined && of !== settings.model) || (hidden.has(name) && !hiding);
      field.hide.hidden = !hiding;
      field.hide.checked = hidden.has(name);
      field.show(settings[name]);
    }
    const gan = settings.model === "gan";
    for (const one of ["step-d", "step-g"]) widget.button(one).hidden = !gan;
    widget.button("clear").hidden = settings.pattern !== "drawn";
    const arrows = widget.input("arrows").parentElement;
    if (arrows) arrows.hidden = !gan;
    widget.part("codes-box").hidden = gan;
  }
}

/**
 * Points as the address has them.
 * @param {string} text
 */
function placesIn(text) {
  /** @type {[number, number][]} */
  const places = [];
  for (const one of text.split(";")) {
    const [x, y, ...more] = one.split(",").map(Number);
    if (y !== undefined && !more.length) places.push([x, y]);
  }
  return places;
}
