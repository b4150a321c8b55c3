// The Latent page: hold a model by its sliders, walk through its space, give it pictures.
import { hear } from "../common/dom.js";
import { say } from "../common/language.js";
import { Tabs } from "../common/tabs.js";
import { Widget } from "../common/widget.js";
import { keepPlace } from "./address.js";
import { Drawing } from "./drawing.js";
import { holdHand } from "./hand.js";
import { Journey } from "./journey.js";
import { SpaceMap } from "./map.js";
import { Mix } from "./mix.js";
import { Models } from "./models.js";
import { tellNovelty } from "./novelty.js";
import { Repair } from "./repair.js";
import { offerSaving } from "./saving.js";
import { Shelf } from "./shelf.js";
import { Sliders } from "./sliders.js";
import { Space } from "./space.js";

/** @typedef {import("./types.js").Server} Server */

/** @param {import("../common/types.js").Gradio<Server>} gradio */
export async function mount(gradio) {
  /** @type {Widget<Server>} */
  const widget = new Widget(gradio, ["runs", "sample", "describe", "reopened", "cancel"]);
  widget.input("label").checked = true;
  widget.canvas("picture").setAttribute("aria-label", say("latent.picture"));
  const space = new Space(widget);
  holdHand(space);
  const sliders = new Sliders(space);
  const map = new SpaceMap(space, sliders);
  const drawing = new Drawing(space);
  const repair = new Repair(space, drawing);
  const shelf = new Shelf(space);
  new Journey(space, shelf);
  const mix = new Mix(space);
  offerSaving(space, drawing);
  tellNovelty(space);
  const tabs = new Tabs(widget, "latent.tab.", ["sliders", "map", "draw", "repair", "journey", "mix"], true);
  tabs.opened = { map: () => void map.draw(), mix: () => void mix.showStyle(), repair: () => repair.begin() };
  tabs.show("sliders");
  Object.assign(widget.root, { position: () => positionOf(space) }); // for tests and benchmarks
  hear(widget.element, ["pagehide"], () => {
    if (!space.onScreen) return;
    const { step: at, point: position, seed: from } = space;
    keepPlace({ name: space.model.run, at, position, from, tab: tabs.open, shelf: shelf.kept });
  });
  const models = new Models(space, map, (left) => {
    shelf.fill(left.shelf);
    tabs.show(left.tab);
  });
  await models.keepFollowing();
}

/** @param {Space} space */
function positionOf({ current, step, point, seed, onScreen }) {
  return { run: current?.run, step, point, seed, picture: onScreen?.picture ?? null };
}
