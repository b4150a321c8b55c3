// Coming into a class.
import { find } from "../common/dom.js";
import { say, sentence, switchLanguage } from "../common/language.js";

/**
 * What the server says of the class: its title, and whether a code is asked for.
 * @typedef {{ title: string, code: boolean }} Class
 */

/** @type {Class} */
const entered = JSON.parse(find(document, "#class", HTMLScriptElement).text);
const form = find(document, "form", HTMLFormElement);
let teacher = false;

document.title = say("app.title");
const texts = {
  h1: entered.title || say("app.title"),
  "#about": say("join.about"),
  "#language": say("app.language"),
  "#name-label span": say("join.name"),
  "#own-label span": say("join.own_code"),
  "#own-label small": say("join.own_code.help"),
  "[type=submit]": say("join.in"),
};
for (const [selector, text] of Object.entries(texts)) find(document, selector, HTMLElement).textContent = text;
find(document, "#language", HTMLElement).addEventListener("click", switchLanguage);
find(document, "#teacher", HTMLElement).addEventListener("click", () => {
  teacher = !teacher;
  showFields();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void join();
});
showFields();
find(document, "main", HTMLElement).hidden = false;
find(form, "[name=name]", HTMLInputElement).focus();

/** Students give name and code, a teacher the teacher's code alone. */
function showFields() {
  find(form, "#name-label", HTMLElement).hidden = find(form, "#own-label", HTMLElement).hidden = teacher;
  find(form, "#code-label", HTMLElement).hidden = !teacher && !entered.code;
  find(form, "#code-label span", HTMLElement).textContent = say(teacher ? "join.teacher_code" : "join.code");
  find(form, "#teacher", HTMLElement).textContent = say(teacher ? "join.student" : "join.teacher");
}

async function join() {
  const given = { ...Object.fromEntries(new FormData(form)), teacher };
  const sent = fetch("./join", { method: "POST", body: JSON.stringify(given) });
  const answer = await sent.then((one) => one.json()).catch(() => null);
  if (answer?.ok) {
    const then = new URLSearchParams(location.search).get("then") ?? "";
    location.href = then.startsWith("./") ? then : "./"; // never another site
    return;
  }
  find(form, ".bad", HTMLElement).textContent = answer?.error ? sentence(answer.error) : say("watch.lost");
}
