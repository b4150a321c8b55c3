// What is beside every tab: class, truncation, seed, and the buttons that move.
import { make } from "../common/dom.js";
import { say } from "../common/language.js";
import { className } from "./names.js";
import { plain } from "./vectors.js";

const SEEDS = 2 ** 31;

/** @param {import("./space.js").Space} space */
export function holdHand(space) {
  const { widget } = space;
  const truncation = widget.input("truncation");
  const seed = widget.input("seed");
  const classes = widget.part("classes");
  widget.button("dice").addEventListener("click", () => void space.dice());
  widget.button("undo").addEventListener("click", () => space.undo());
  widget.button("reset").addEventListener("click", () => {
    const { z, label } = space.point;
    space.go(plain(z.map(() => 0), label, space.model.class_names));
  });
  truncation.addEventListener("input", () => space.glide({ truncation: Number(truncation.value) }, space.seed));
  seed.addEventListener("change", () => {
    const number = Number(seed.value);
    const right = seed.value !== "" && Number.isInteger(number) && number >= 0 && number < SEEDS;
    if (right) void space.dice(number);
    else widget.message(say("latent.seed.bad"));
  });
  space.moved.push(() => {
    const { point } = space;
    truncation.value = String(point.truncation);
    widget.part("truncation-shown").textContent = point.truncation.toFixed(2);
    seed.value = String(space.seed ?? "");
    widget.button("undo").disabled = !space.past.length;
    for (const chip of classes.querySelectorAll("button"))
      chip.classList.toggle("on", Number(chip.dataset.label) === point.label);
  });
  space.opened.push((another) => {
    if (!another) return;
    const names = space.model.class_names;
    widget.part("class-field").hidden = !names.length;
    classes.replaceChildren(...names.map((name, label) => {
      const chip = make("button", className(name), { class: "chip", "data-label": label });
      chip.addEventListener("click", () => space.go({ label }, { from: space.seed }));
      return chip;
    }));
  });
}
