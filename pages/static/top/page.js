// The top of every page: title, the way to the other pages, language, and the task of a lesson link.
import { find, make } from "../common/dom.js";
import { say, switchLanguage } from "../common/language.js";

const LONGEST_TASK = 600; // characters

/**
 * @param {import("../common/types.js").Gradio} gradio
 * @param {Record<string, string>} pages each page's place in the address
 */
export function mount({ element }, pages) {
  const top = find(element, ".aigc-top", HTMLElement);
  find(top, "h1", HTMLElement).textContent = say("app.title");
  find(top, "p", HTMLElement).textContent = say("app.about");
  const button = find(top, "button", HTMLButtonElement);
  button.textContent = say("app.language");
  button.addEventListener("click", switchLanguage);
  const here = location.pathname.split("/").pop();
  const links = Object.entries(pages).map(([name, path]) =>
    make("a", say(`page.${name}`), { href: `./${path}`, ...(path === here && { "aria-current": "page" }) }));
  find(top, "nav", HTMLElement).replaceChildren(...links);
  delete top.dataset.waiting;
  showTask(find(element, ".aigc-task", HTMLElement));
}

/** @param {HTMLElement} place */
function showTask(place) {
  const task = new URLSearchParams(location.search).get("task");
  if (!task) return;
  place.textContent = task.slice(0, LONGEST_TASK);
  place.hidden = false;
}
