// A link that opens a page with everything chosen, some of it hidden, and a task above it.
import { copied, holding, make, offer } from "../common/dom.js";
import { say } from "../common/language.js";

/** @typedef {import("./types.js").Lessons} Lessons */
/** @typedef {import("./me.js").Widget} Widget */

const PAGES = ["train", "latent", "text", "lab", "basics", "compare", "useful"];
const CHOICES = "choices"; // the part of the form above its settings

/** @param {Widget} widget */
export async function showLesson(widget) {
  const lessons = await widget.call("lessons", {});
  if (!lessons) return;
  offer(widget.select("page"), PAGES.map((one) => [one, say(`page.${one}`)]));
  offer(widget.select("family"), Object.keys(lessons.families).map((one) => [one, say(`family.${one}`)]));
  offer(widget.select("language"), [["", say("lesson.language.theirs")], ["en", "English"], ["zh", "中文"]]);
  widget.part("hide").replaceChildren(...[CHOICES, ...lessons.groups].map(hidingBox));
  widget.select("family").addEventListener("change", () => offerOfFamily(widget, lessons));
  offerOfFamily(widget, lessons);
  for (const kind of ["input", "change"]) widget.part("lesson").addEventListener(kind, () => showLink(widget));
  showLink(widget);
  const link = widget.input("link");
  widget.button("copy").addEventListener("click", async () => {
    link.select(); // which helps where nothing may be copied
    await copied(link.value);
    widget.message(say("lesson.copied"), false);
  });
}

/** @param {string} group */
function hidingBox(group) {
  const title = say(group === CHOICES ? "lesson.choices" : `group.${group}`);
  const box = make("input", null, { type: "checkbox", value: group });
  return holding(make("label", null, { class: "check" }), box, make("span", title));
}

/**
 * @param {Widget} widget
 * @param {Lessons} lessons
 */
function offerOfFamily(widget, { families }) {
  const family = widget.select("family").value;
  const { presets, data } = families[family];
  offer(widget.select("preset"), Object.keys(presets).map((one) => [one, say(`preset.${family}.${one}`)]));
  offer(widget.select("data"), [["", say("lesson.data.preset")], ...data.map(sourceChoice)]);
}

/**
 * @param {string} source
 * @returns {[string, string]}
 */
const sourceChoice = (source) => [source, say(`data.${source}`)];

/** @param {Widget} widget */
function showLink(widget) {
  const page = widget.select("page").value;
  const training = page === "train";
  const given = new URLSearchParams();
  for (const role of ["family", "preset", "data"]) {
    const list = widget.select(role);
    list.disabled = !training;
    if (training && list.value) given.set(role, list.value);
  }
  for (const role of ["steps", "cap"]) {
    const input = widget.input(role);
    input.disabled = !training;
    if (training && Number(input.value) > 0) given.set(role, input.value);
  }
  const boxes = [...widget.part("hide").querySelectorAll("input")];
  for (const box of boxes) box.disabled = !training;
  const hide = boxes.filter((box) => box.checked).map((box) => box.value);
  if (training && hide.length) given.set("hide", hide.join(","));
  const task = widget.area("task").value.trim();
  if (task) given.set("task", task);
  const language = widget.select("language").value;
  if (language) given.set("lang", language);
  widget.input("link").value = new URL(`./${training ? "" : page}?${given}`, location.href).href;
}
