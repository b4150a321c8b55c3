// Who one is in the class, and what one may do.
import { holding, make } from "../common/dom.js";
import { language, number, say } from "../common/language.js";

/** @typedef {import("./types.js").Person} Person */
/** @typedef {import("./types.js").Rule} Rule */
/** @typedef {import("../common/widget.js").Widget<import("./types.js").Server>} Widget */

/** @type {Rule[]} */
const RULES = ["minutes", "parameters", "tries", "waiting", "upload_mb", "keep_days"];

/**
 * Show it; returns whether one is a teacher.
 * @param {Widget} widget
 */
export async function showMe(widget) {
  widget.button("leave").addEventListener("click", async () => {
    await fetch("./leave", { method: "POST" });
    location.reload();
  });
  const person = await widget.call("me", {});
  const joined = Boolean(person?.rules);
  const teacher = Boolean(person?.teacher);
  widget.part("none").hidden = joined;
  widget.part("me").hidden = !joined;
  widget.part("trainings-box").hidden = widget.part("students-box").hidden = !teacher;
  if (person && joined) showPerson(widget, /** @type {Person} */ (person));
  return teacher;
}

/**
 * @param {Widget} widget
 * @param {Person} person
 */
function showPerson(widget, { teacher, name, code, used_mb: used, rules }) {
  widget.part("name").textContent = teacher ? say("class.teacher") : name;
  widget.part("code").textContent = code ? say("class.code", { code }) : "";
  const room = say("class.used.of", { used: number(Math.round(used)), most: number(rules.disk_mb) });
  const facts = RULES.map((rule) => factOf(`class.rule.${rule}`, Number(rules[rule]).toLocaleString(language)));
  widget.part("rules").replaceChildren(...(teacher ? [] : [factOf("class.used", room)]), ...facts);
}

/**
 * @param {string} key
 * @param {string} value
 */
const factOf = (key, value) => holding(make("div"), make("dt", say(key)), make("dd", value));
