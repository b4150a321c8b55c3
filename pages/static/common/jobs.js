// Work that takes seconds: started, watched, and cancelled when nobody wants it any more.
import { holding, make, pause } from "./dom.js";
import { say, sentence } from "./language.js";

/** @typedef {import("./types.js").Jobs} Jobs */

/**
 * @template {import("./types.js").Functions<Server>} Server
 * @typedef {import("./widget.js").Widget<Server>} Widget
 */

const LOOK_MS = 120; // between two looks

/**
 * Start work, with a bar and a way to cancel in `place`; resolves to its result or null. One piece of work at a time
 * in a place, and none outlives the model it is about, or is `wanted` no more.
 * @template {import("./types.js").Functions<Server> & Jobs} Server
 * @template {keyof Server} Name
 * @param {Widget<Server>} widget
 * @param {Name} name of the function that starts it
 * @param {Parameters<Server[Name]>[0]} values
 * @param {HTMLElement} place
 * @param {{
 *   onShown?: (shown: import("./types.js").ShownBy<ReturnType<Server[Name]>>) => void,
 *   wanted?: () => boolean,
 * }} [options]
 * @returns {Promise<import("./types.js").ResultOf<ReturnType<Server[Name]>> | null>}
 */
export async function work(widget, name, values, place, { onShown = () => {}, wanted = () => true } = {}) {
  if (place.dataset.busy) return null;
  place.dataset.busy = "yes";
  try {
    const timeless = widget.timeless.includes(name);
    const era = widget.era;
    const job = await widget.call(name, values);
    if (typeof job !== "string") return null;
    const current = () => widget.alive && (timeless || widget.era === era) && wanted();
    const jobs = /** @type {Widget<Jobs>} */ (/** @type {unknown} */ (widget)); // the type checker cannot see it
    return await watched(jobs, job, place, /** @type {(shown: unknown) => void} */ (onShown), current, timeless);
  } finally {
    delete place.dataset.busy;
    place.replaceChildren();
  }
}

/**
 * @param {Widget<Jobs>} widget
 * @param {string} job
 * @param {HTMLElement} place
 * @param {(shown: unknown) => void} onShown
 * @param {() => boolean} current
 * @param {boolean} timeless
 * @returns {Promise<any>} results come by the job's name alone: the function that began it promises their type
 */
async function watched(widget, job, place, onShown, current, timeless) {
  const bar = make("i");
  const stop = make("button", say("job.cancel"));
  const cancel = () => void widget.call("cancel", { job });
  stop.addEventListener("click", cancel);
  const whole = holding(make("div", null, { class: "bar" }), bar);
  place.replaceChildren(holding(make("div", null, { class: "row job" }), whole, stop));
  let drawn = "";
  while (current()) {
    const now = await widget.call("job", { job }, { timeless, quiet: true });
    if (!now || !current()) break;
    bar.style.width = `${100 * now.part}%`;
    if (now.shown && JSON.stringify(now.shown) !== drawn) {
      drawn = JSON.stringify(now.shown);
      onShown(now.shown);
    }
    if (now.state === "failed") widget.message(sentence(now.error));
    if (now.state === "done") return now.result;
    if (now.state === "failed" || now.state === "cancelled") return null;
    await pause(LOOK_MS);
  }
  if (!current()) cancel();
  return null;
}
