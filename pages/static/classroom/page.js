// The Class page: oneself; for a teacher also everybody and everything that trains; lesson links.
import { pause } from "../common/dom.js";
import { Widget } from "../common/widget.js";
import { showLesson } from "./lesson.js";
import { showMe } from "./me.js";
import { Overview } from "./overview.js";

/** @typedef {import("./types.js").Server} Server */

const REFRESH_MS = 2000;

/** @param {import("../common/types.js").Gradio<Server>} gradio */
export async function mount(gradio) {
  /** @type {Widget<Server>} */
  const widget = new Widget(gradio);
  const overview = new Overview(widget);
  overview.teacher = await showMe(widget);
  await overview.show();
  await showLesson(widget);
  while (widget.alive) {
    await pause(REFRESH_MS);
    if (!document.hidden) await overview.show();
  }
}
