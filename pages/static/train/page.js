// The Train page beside its form: the live view of one run.
import { Widget } from "../common/widget.js";
import { showTroubleAtItsField } from "./trouble.js";
import { Watch } from "./watch.js";

/** @param {import("../common/types.js").Gradio<import("./types.js").Server>} gradio */
export function mount(gradio) {
  const { props } = gradio;
  void showTroubleAtItsField(gradio.element);
  const watch = new Watch(new Widget(gradio, ["runs"]));
  document.addEventListener("click", ({ target }) => { // beside the form, and in the view itself
    const name = target instanceof HTMLElement && gradio.element.isConnected ? target.dataset.standIn : "";
    if (name) void watch.follow(name);
  });
  // Gradio sets the value when a training has been started, maybe before this module came.
  const started = () => (typeof props.value === "string" ? props.value : "");
  gradio.watch("value", () => void watch.follow(started()));
  void watch.begin(started());
}
