// Whether a picture is new: the training pictures that are most like it.
import { holding, make } from "../common/dom.js";
import { work } from "../common/jobs.js";
import { say } from "../common/language.js";
import { paint, single } from "./pictures.js";

/** @typedef {import("./types.js").Neighbours} Neighbours */

/** @param {import("./space.js").Space} space */
export function tellNovelty(space) {
  const { widget } = space;
  const box = widget.part("new-box");
  const place = widget.part("neighbours");
  const verdict = widget.part("verdict");
  widget.button("new").addEventListener("click", async () => {
    box.hidden = false;
    verdict.textContent = "";
    if (!space.onScreen) return;
    const asked = { ...space.here(), picture: single(space.onScreen.picture) };
    const found = await work(widget, "neighbours", asked, place);
    if (!found) return;
    place.append(...found.distances.map((distance, i) => {
      const canvas = make("canvas", null, { class: "pixels" });
      paint(canvas, found.pictures, i);
      return holding(make("figure"), canvas, make("figcaption", distance.toFixed(3)));
    }));
    verdict.replaceChildren(...verdictOf(found).map((text) => make("p", text)));
  });
  space.moved.push(() => void (box.hidden = true));
}

/** @param {Neighbours} found */
function verdictOf({ distances: [nearest], usual, own, count, data }) {
  const [low, middle, high] = usual;
  const verdict = nearest < low ? "copy" : nearest > high ? "strange" : "new";
  const keys = own
    ? [`new.${verdict}`, "new.usual", "new.compared"]
    : ["new.substitute", `new.substitute.${verdict}`, "new.usual"];
  const figures = { distance: nearest, low, middle, high };
  const rounded = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, value.toFixed(3)]));
  return keys.map((key) => say(key, { ...rounded, count: count.toLocaleString(), data: say(`data.${data}`) }));
}
