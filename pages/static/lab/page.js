// The Lab page: a GAN or a VAE that learns points in the plane, step by step.
import { Widget } from "../common/widget.js";
import { Controls } from "./controls.js";
import { LabPage } from "./running.js";

/** @typedef {import("./types.js").Server} Server */

/** @param {import("../common/types.js").Gradio<Server>} gradio */
export async function mount(gradio) {
  /** @type {Widget<Server>} */
  const widget = new Widget(gradio, ["defaults", "begin", "advance"]);
  const usual = await widget.call("defaults", {});
  if (!usual) return;
  const lab = new LabPage(widget, new Controls(widget, usual));
  Object.assign(widget.root, { state: () => lab.state() }); // for tests and benchmarks
  await lab.begin();
}
