// Which model is open, at which step of its training, and what came of both meanwhile; fetching one.
import { offer, pause } from "../common/dom.js";
import { work } from "../common/jobs.js";
import { say, sentence } from "../common/language.js";
import { local } from "../common/storage.js";
import { KEPT, titleOf } from "./desk.js";
import { offerOthers } from "./pair.js";

/** @typedef {import("../common/types.js").ModelRow} ModelRow */

const POLL_MS = 4000;

export class Models {
  /** @param {import("./writing.js").Writing} writing */
  constructor(writing) {
    this.writing = writing;
    this.desk = writing.desk;
    this.widget = writing.widget;
    const { desk, widget } = this;
    const models = widget.select("models");
    const step = widget.input("step");
    const chosenStep = () => desk.model.steps[Number(step.value)];
    models.addEventListener("change", () => void desk.openModel(models.value));
    step.addEventListener("input", () => void (widget.part("step-shown").textContent = String(chosenStep())));
    step.addEventListener("change", () => void desk.openModel(desk.model.run, chosenStep()));
    desk.opened.push(() => {
      this.#showOpen();
      offerOthers(desk);
    });
    desk.notOpened.push(() => {
      if (desk.current) this.#showOpen();
    });
    this.#offerFetching();
  }

  /** Open the first model, and go along with what happens. */
  async keepFollowing() {
    const { desk, widget } = this;
    widget.message(say("latent.loading"), false);
    await this.#follow();
    const asked = new URLSearchParams(location.search).get("run");
    const names = desk.models.map((one) => one.name);
    for (const name of [asked, local.getItem(KEPT), ...names])
      if (name !== null && names.includes(name) && (await desk.openModel(name))) break;
    if (!names.length) widget.message("");
    if (asked && !names.includes(asked))
      widget.message(sentence({ key: "run.gone", text: "", values: { name: asked } }));
    while (widget.alive) {
      await pause(POLL_MS);
      if (document.hidden) continue;
      await this.#follow();
      if (!desk.current && desk.models.length) await desk.openModel(desk.models[0].name);
    }
  }

  #showModels() {
    const { desk } = this;
    const list = this.widget.select("models");
    offer(list, desk.models.map((one) => [one.name, titleOf(one)]));
    if (desk.current) list.value = desk.current.run;
    offerOthers(desk);
  }

  /** Which model and step are open. */
  #showOpen() {
    const { widget, desk: { model, step } } = this;
    const range = widget.input("step");
    widget.select("models").value = model.run;
    widget.part("steps").hidden = model.steps.length < 2;
    range.max = String(model.steps.length - 1);
    range.value = String(Math.max(0, model.steps.indexOf(step)));
    widget.part("step-shown").textContent = String(step);
    const { layers, heads, context } = model;
    const [parameters, vocabulary] = [model.parameters, model.vocabulary].map((one) => one.toLocaleString());
    const size = say("text.size", { parameters, layers, heads, context, vocabulary });
    widget.part("about").textContent = `${model.origin || say(`data.${model.data}`)} · ${size}`;
  }

  /** A training goes on while it is looked at: new checkpoints appear, and whoever looks at the newest goes along. */
  async #follow() {
    const { desk, widget, writing } = this;
    const answer = await widget.server.runs({}).catch(() => null);
    if (!answer?.ok) return;
    const before = listed(desk.models);
    desk.models = answer.value;
    if (listed(desk.models) !== before) this.#showModels();
    widget.part("empty").hidden = desk.models.length > 0;
    if (!desk.current) return;
    const { current, step } = desk;
    const steps = desk.models.find((one) => one.name === current.run)?.steps;
    if (!steps || String(steps) === String(current.steps)) return;
    const nothingStandsHere = !writing.busy && !writing.branches.current; // else it stays
    const goesAlong = step === current.steps.at(-1) && nothingStandsHere;
    desk.current = { ...current, steps };
    if (goesAlong || !steps.includes(step)) await desk.openModel(current.run, steps.at(-1), false); // who types goes on
    else this.#showOpen();
  }

  #offerFetching() {
    const { widget, desk } = this;
    const box = widget.part("bring-box");
    widget.button("bring").addEventListener("click", () => void (box.hidden = !box.hidden));
    widget.button("bring-go").addEventListener("click", async () => {
      widget.message("");
      const source = widget.input("bring-name").value.trim();
      const name = await work(widget, "bring", { source }, widget.part("bring-job"), {
        onShown: ({ what }) => widget.message(what, false),
      });
      if (!name) return;
      box.hidden = true;
      await this.#follow();
      if (await desk.openModel(name)) widget.message(say("bring.done", { name }), false);
    });
  }
}

/**
 * What the list shows of the models.
 * @param {ModelRow[]} models
 */
const listed = (models) => JSON.stringify(models.map((one) => [one.name, one.state]));
