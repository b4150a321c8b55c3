// Coming into a class. `CLASS` is what the server says of it.
document.title = AIGC.say("app.title");
const { say, sentence } = AIGC, one = (selector) => document.querySelector(selector);
const form = one("form"), asked = new URLSearchParams(location.search).get("then") || "./";
let teacher = false;
one("h1").textContent = CLASS.title || say("app.title");
one("#about").textContent = say("join.about");
one("#language").textContent = say("app.language");
one("#language").addEventListener("click", AIGC.switchLanguage);
one("#name-label span").textContent = say("join.name");
one("#own-label span").textContent = say("join.own_code");
one("#own-label small").textContent = say("join.own_code.help");
one("[type=submit]").textContent = say("join.in");
const show = () => {
  one("#name-label").hidden = one("#own-label").hidden = teacher;
  one("#code-label").hidden = !teacher && !CLASS.code;
  one("#code-label span").textContent = say(teacher ? "join.teacher_code" : "join.code");
  one("#teacher").textContent = say(teacher ? "join.student" : "join.teacher");
};
one("#teacher").addEventListener("click", () => { teacher = !teacher; show(); });
show();
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = { ...Object.fromEntries(new FormData(form)), teacher };
  const answer = await fetch("./join", { method: "POST", body: JSON.stringify(given) }).then((one) => one.json()).catch(() => null);
  if (answer?.ok) location.href = asked.startsWith("./") ? asked : "./"; // never another site
  else one(".bad").textContent = answer?.error ? sentence(answer.error) : say("watch.lost");
});
