// The Text page: a prompt becomes text, token by token, and one may look inside.
import { make } from "../common/dom.js";
import { Tabs } from "../common/tabs.js";
import { Widget } from "../common/widget.js";
import { Attention } from "./attention.js";
import { Choices } from "./choices.js";
import { offerCopies } from "./copied.js";
import { Desk } from "./desk.js";
import { History } from "./history.js";
import { Knobs } from "./knobs.js";
import { showLens } from "./lens.js";
import { Models } from "./models.js";
import { offerOthers, offerPair } from "./pair.js";
import { offerPurposes } from "./purposes.js";
import { offerSurprise } from "./surprise.js";
import { offerTaking } from "./taking.js";
import { percent, strength } from "./tokens.js";
import { Writing } from "./writing.js";

/** @typedef {import("./types.js").Server} Server */

const TABS = ["write", "attention", "lens", "surprise", "copied", "history", "compare"];
const SCALE = [1, 0.3, 0.05, 0.003]; // chances whose colours are shown

/** @param {import("../common/types.js").Gradio<Server>} gradio */
export async function mount(gradio) {
  /** @type {Widget<Server>} */
  const widget = new Widget(gradio, ["runs", "sample", "describe", "cancel", "saved", "bring"]);
  const desk = new Desk(widget);
  const knobs = new Knobs(widget);
  desk.opened.push(() => knobs.offerPrecisions(desk.model.precisions));
  const writing = new Writing(desk, knobs);
  new Choices(writing, knobs);
  const attention = new Attention(writing);
  offerSurprise(writing);
  offerCopies(writing);
  new History(desk, knobs);
  offerPair(writing, knobs);
  offerTaking(writing);
  offerPurposes(desk, knobs);
  showColours(widget);
  const models = new Models(writing);
  const tabs = new Tabs(widget, "text.tab.", TABS, false);
  tabs.opened = {
    attention: () => void (desk.current && attention.show()),
    lens: () => void (desk.current && showLens(writing)),
    compare: () => offerOthers(desk),
  };
  tabs.show("write");
  writing.written.push(() => tabs.refresh());
  desk.opened.push(() => tabs.refresh());
  Object.assign(widget.root, { state: () => stateOf(writing) }); // for tests and benchmarks
  await models.keepFollowing();
}

/** @param {Widget<Server>} widget */
function showColours(widget) {
  const colour = widget.input("colour");
  colour.addEventListener("change", () => void widget.part("samples").classList.toggle("plain", !colour.checked));
  widget.part("scale").replaceChildren(...SCALE.map((chance) =>
    make("span", percent(chance), { class: "token", style: `--strength: ${strength(chance)}` })));
}

/** @param {Writing} writing */
function stateOf({ desk, branches, busy }) {
  const { current } = branches;
  const samples = current?.samples.map(({ tokens, texts, chances }) => ({ tokens, texts, chances }));
  const branch = current && { prompt: current.prompt, chosen: current.chosen, samples };
  return { run: desk.current?.run, step: desk.step, branch, busy };
}
