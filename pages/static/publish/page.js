// The Publish page: one run, its card, a .zip of it, the way to the Hub and back. After widgets.js.
const TIMELESS = ["runs", "offers", "card", "pack", "push", "pull", "job", "cancel"];
const chosen = () => ({ run: part("run").value, licence: part("licence").value, place: part("place").value.trim() });

function choose(role, entries) {
  part(role).replaceChildren(...entries.map(([value, label]) => {
    const option = make("option", label);
    option.value = value;
    return option;
  }));
}

let asked = 0;
async function showCard() {
  const mine = ++asked;
  if (!part("run").value) return;
  const card = await call("card", chosen());
  if (card !== undefined && mine === asked) part("card").textContent = card;
}
for (const role of ["run", "licence", "place"]) part(role).addEventListener("change", showCard);

button("pack").addEventListener("click", async () => {
  const file = await work("pack", chosen(), part("job"));
  if (file) download(file);
});
button("push").addEventListener("click", async () => {
  const address = await work("push", { ...chosen(), private: part("private").checked }, part("job"));
  if (!address) return;
  part("done").textContent = say("publish.done", { address });
  if (/^https?:/.test(address)) part("done").href = address;
});
button("pull").addEventListener("click", async () => {
  const name = await work("pull", { place: part("from").value.trim() }, part("pull-job"));
  if (!name) return;
  part("brought").textContent = say("publish.brought", { name });
  part("brought").href = `./?run=${encodeURIComponent(name)}`;
});

(async () => {
  part("from").setAttribute("aria-label", say("publish.bring"));
  const [runs, offers] = await Promise.all([call("runs"), call("offers")]);
  if (!runs || !offers) return;
  choose("run", runs.map((one) => [one.name, `${one.name}${one.ready ? " · " + say("gate.ready") : ""}`]));
  choose("licence", Object.entries(offers.licences).map(([key, title]) => [key, key === "other" ? say("publish.other") : title]));
  const asked = new URLSearchParams(location.search).get("run");
  if (runs.some((one) => one.name === asked)) part("run").value = asked;
  part("token").textContent = say(offers.token ? "publish.token" : "publish.no_token");
  await showCard();
})();
