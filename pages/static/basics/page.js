// The Basics page: what is moved asks the server, and what it answers is drawn.
import { Widget } from "../common/widget.js";
import { Distributions } from "./distributions.js";
import { showLosses } from "./losses.js";
import { showMistakes } from "./mistakes.js";
import { Racing } from "./racing.js";

/** @typedef {import("./types.js").Server} Server */

/** @param {import("../common/types.js").Gradio<Server>} gradio */
export async function mount(gradio) {
  /** @type {Widget<Server>} */
  const widget = new Widget(gradio, ["parameters", "distribution", "losses", "race", "mistake", "job", "cancel"]);
  const [parameters, losses] = await Promise.all([widget.call("parameters", {}), widget.call("losses", {})]);
  if (!parameters) return;
  const distributions = new Distributions(widget, parameters.distributions);
  const racing = new Racing(widget, parameters.surfaces);
  const drawLosses = losses ? showLosses(widget, losses) : () => {};
  showMistakes(widget);
  new ResizeObserver(() => {
    distributions.draw();
    drawLosses();
    racing.draw();
  }).observe(widget.root);
}
