// Saving a picture with its recipe, opening one again, and sharing a link.
import { copied } from "../common/dom.js";
import { download } from "../common/files.js";
import { labelLanguage, say } from "../common/language.js";
import { linkTo } from "./address.js";
import { contentOf } from "./pictures.js";

/** @typedef {import("./space.js").Space} Space */

/**
 * @param {Space} space
 * @param {import("./drawing.js").Drawing} drawing
 */
export function offerSaving(space, drawing) {
  const { widget } = space;
  const { root } = widget;
  const file = widget.input("open-file");
  widget.button("save").addEventListener("click", () => void save(space));
  widget.button("share").addEventListener("click", () => void share(space));
  widget.button("open").addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    if (file.files?.[0]) void reopen(space, file.files[0]);
    file.value = "";
  });
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    const dropped = event.dataTransfer?.files[0];
    if (!dropped || !space.open) return;
    if (widget.panel("draw").hidden) void reopen(space, dropped);
    else void drawing.upload(dropped);
  });
}

/** @param {Space} space */
async function save(space) {
  const { widget, point, seed } = space;
  const { run, step, ...seen } = space.onScreen ?? { ...space.here(), point, seed };
  const label = labelLanguage(widget.input("label"));
  const file = await widget.call("save", { run, step, point: seen.point, seed: seen.seed, label });
  if (file) download(file);
}

/** @param {Space} space */
async function share({ widget, model, step, point }) {
  const link = linkTo(model.run, step, point);
  history.replaceState(null, "", link);
  widget.message(say((await copied(link)) ? "latent.shared" : "latent.shared.address"), false);
}

/**
 * @param {Space} space
 * @param {File} file
 */
async function reopen(space, file) {
  const { widget } = space;
  const content = await contentOf(widget, file);
  const recipe = content && (await widget.call("reopened", { file: content }));
  if (!recipe) return;
  const { run, step, point, seed } = recipe;
  const opens = await space.openModel(run, { at: step, position: point, from: seed });
  if (opens) widget.message(say("latent.reopened"), false);
}
