// The Publish page: one run, its card, a .zip of it, the way to the Hub and back.
import { offer } from "../common/dom.js";
import { download } from "../common/files.js";
import { work } from "../common/jobs.js";
import { say } from "../common/language.js";
import { Widget } from "../common/widget.js";

/** @typedef {import("./types.js").Chosen} Chosen */
/** @typedef {import("./types.js").Server} Server */

/** @param {import("../common/types.js").Gradio<Server>} gradio */
export async function mount(gradio) {
  /** @type {Widget<Server>} */
  const widget = new Widget(gradio, ["runs", "offers", "card", "pack", "push", "pull", "job", "cancel"]);
  widget.input("from").setAttribute("aria-label", say("publish.bring"));
  hearButtons(widget);
  const showCard = cardShower(widget);
  for (const choice of [widget.select("run"), widget.select("licence"), widget.input("place")])
    choice.addEventListener("change", () => void showCard());
  if (await offerAll(widget)) await showCard();
}

/**
 * @param {Widget<Server>} widget
 * @returns {Chosen}
 */
const chosen = (widget) => ({
  run: widget.select("run").value,
  licence: widget.select("licence").value,
  place: widget.input("place").value.trim(),
});

/**
 * Fill the lists; returns whether the server answered.
 * @param {Widget<Server>} widget
 */
async function offerAll(widget) {
  const [runs, offers] = await Promise.all([widget.call("runs", {}), widget.call("offers", {})]);
  if (!runs || !offers) return false;
  const list = widget.select("run");
  offer(list, runs.map((one) => [one.name, one.verdict ? `${one.name} · ${say(`gate.${one.verdict}`)}` : one.name]));
  const asked = new URLSearchParams(location.search).get("run");
  if (asked && runs.some((one) => one.name === asked)) list.value = asked;
  const licences = Object.entries(offers.licences);
  const other = say("publish.other");
  offer(widget.select("licence"), licences.map(([key, title]) => [key, key === "other" ? other : title]));
  widget.part("token").textContent = say(offers.token ? "publish.token" : "publish.no_token");
  return true;
}

/**
 * What shows the card of what is chosen; the last choice wins.
 * @param {Widget<Server>} widget
 */
function cardShower(widget) {
  let asked = 0;
  return async () => {
    const mine = (asked += 1);
    widget.renew(); // the card and the address of what was chosen before
    if (!widget.select("run").value) return;
    /** @param {string} text */
    const complain = (text) => {
      if (mine === asked) widget.message(text);
    };
    const card = await widget.call("card", chosen(widget), { complain });
    if (card !== undefined && mine === asked) widget.part("card").textContent = card;
  };
}

/** @param {Widget<Server>} widget */
function hearButtons(widget) {
  widget.button("pack").addEventListener("click", async () => {
    const file = await work(widget, "pack", chosen(widget), widget.part("job"));
    if (file) download(file);
  });
  widget.button("push").addEventListener("click", async () => {
    const values = { ...chosen(widget), private: widget.input("private").checked };
    const address = await work(widget, "push", values, widget.part("job"));
    if (!address) return;
    const done = widget.link("done");
    done.textContent = say("publish.done", { address });
    if (/^https?:/.test(address)) done.href = address;
  });
  widget.button("pull").addEventListener("click", async () => {
    const name = await work(widget, "pull", { place: widget.input("from").value.trim() }, widget.part("pull-job"));
    if (!name) return;
    const brought = widget.link("brought");
    brought.textContent = say("publish.brought", { name });
    brought.href = `./?run=${encodeURIComponent(name)}`;
  });
}
