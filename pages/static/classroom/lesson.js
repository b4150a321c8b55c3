// A link that opens a page with everything chosen, some of it hidden, and a task above it. After page.js.
const LESSON_PAGES = ["train", "latent", "text", "lab", "basics", "compare", "useful"];

const choose = (role, entries) => part(role).replaceChildren(...entries.map(([value, label]) => {
  const option = make("option", label);
  option.value = value;
  return option;
}));

async function showLesson() {
  const lessons = await call("lessons");
  if (!lessons) return;
  const families = lessons.families;
  choose("page", LESSON_PAGES.map((one) => [one, say(`page.${one}`)]));
  choose("family", Object.keys(families).map((one) => [one, say(`family.${one}`)]));
  choose("language", [["", say("lesson.language.theirs")], ["en", "English"], ["zh", "中文"]]);
  part("hide").replaceChildren(...["choices", ...lessons.groups].map((group) => {
    const label = make("label", null, { class: "check" });
    label.append(make("input", null, { type: "checkbox", value: group }), make("span", say(group === "choices" ? "lesson.choices" : `group.${group}`)));
    return label;
  }));
  const offer = () => {
    const family = part("family").value;
    choose("preset", Object.keys(families[family].presets).map((one) => [one, say(`preset.${family}.${one}`)]));
    choose("data", [["", say("lesson.data.preset")], ...families[family].data.map((one) => [one, say(`data.${one}`)])]);
  };
  part("family").addEventListener("change", offer);
  offer();
  part("lesson").addEventListener("input", link);
  part("lesson").addEventListener("change", link);
  link();
}

function link() {
  const page = part("page").value, training = page === "train", given = new URLSearchParams();
  for (const role of ["family", "preset", "data"]) {
    part(role).disabled = !training;
    if (training && part(role).value) given.set(role, part(role).value);
  }
  const hidden = [...part("hide").querySelectorAll("input")];
  for (const box of hidden) box.disabled = !training;
  const hide = hidden.filter((box) => box.checked).map((box) => box.value);
  if (training && hide.length) given.set("hide", hide.join(","));
  if (part("task").value.trim()) given.set("task", part("task").value.trim());
  if (part("language").value) given.set("lang", part("language").value);
  part("link").value = new URL(`./${training ? "" : page}?${given}`, location.href).href;
}

button("copy").addEventListener("click", async () => {
  part("link").select();
  await navigator.clipboard?.writeText(part("link").value).catch(() => null); // not on http, where the selection helps
  message(say("lesson.copied"), false);
});
