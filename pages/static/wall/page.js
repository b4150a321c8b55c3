// The wall: draws what the server sends every second or two. Nothing here asks for anything but which run is large.
// Streamlit takes it as a text; board.py puts what it imports into it.
import { find, holding, make } from "../common/dom.js";
import { largeRun } from "./large.js";
import { badge, progress, shownSample } from "./parts.js";
import { digits, titleOf, Words } from "./words.js";

/** @typedef {import("./types.js").Ranking} Ranking */
/** @typedef {import("./types.js").Streamlit} Streamlit */
/** @typedef {import("./types.js").WallRun} WallRun */

/** @param {Streamlit} given */
export default function wall({ data, parentElement, setStateValue }) {
  const words = new Words(data.words);
  /** @param {string} role */
  const part = (role) => find(parentElement, `[data-role="${role}"]`, HTMLElement);
  find(parentElement, "h1", HTMLElement).textContent = words.say("wall.title");
  const counts = { running: data.active, waiting: data.waiting, all: data.runs.length };
  part("facts").textContent = words.say("wall.facts", counts);
  part("language").textContent = words.say("wall.language");
  part("language").setAttribute("href", `?lang=${data.language === "zh" ? "en" : "zh"}`);
  largeRun(part("large"), words, data.large);
  part("ranking").replaceChildren(...ranking(words, data.ranking));
  part("cards").replaceChildren(...data.runs.map((run) => {
    const card = cardOf(words, run, run.name === data.large?.name);
    card.addEventListener("click", () => setStateValue("chosen", run.name));
    return card;
  }));
}

/** What stands behind a figure. */
const MARKS = { "ready": "✓", "not-ready": "✗", "cannot-judge": "?" };

/**
 * @param {Words} words
 * @param {Ranking[]} groups
 */
function ranking(words, groups) {
  const shown = groups.flatMap((group) => {
    const items = group.best.map((one) => {
      const figure = make("small", `${digits(one.figure)} ${one.verdict ? MARKS[one.verdict] : ""}`);
      return holding(make("li", `${titleOf(one)} `), figure);
    });
    const headline = make("p", words.figure(group.headline), { class: "line" });
    return [make("p", words.kind(group)), headline, holding(make("ol"), ...items)];
  });
  const about = words.say(groups.length ? "wall.ready" : "wall.no_ranking");
  return [make("h2", words.say("wall.ranking")), ...shown, make("p", about, { class: "line" })];
}

/**
 * @param {Words} words
 * @param {WallRun} run
 * @param {boolean} large whether it is the one in the middle
 */
function cardOf(words, run, large) {
  const figure = make("span", run.figure == null ? "" : digits(run.figure));
  return holding(
    make("button", null, { class: "card", "aria-current": String(large) }),
    make("strong", titleOf(run)),
    make("span", words.kind(run), { class: "line" }),
    shownSample(words, run.sample),
    holding(make("span", null, { class: "line" }), badge(words, run.state), figure),
    progress(run),
  );
}
