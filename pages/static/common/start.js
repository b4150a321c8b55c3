// Runs first on every page, before Gradio reads the language.
import { keepLanguage, language } from "./language.js";

const LONGEST_ROW = 300; // frames
const SLOW_MS = 500;

const locale = language === "zh" ? "zh-CN" : "en"; // Gradio knows Chinese under this name only
Object.defineProperty(navigator, "language", { get: () => locale });
Object.defineProperty(navigator, "languages", { get: () => [locale] });
document.documentElement.lang = language;
keepLanguage();
hideGroups();
slowEndlessFrames();

/** Parts of the form that a lesson link hides. */
function hideGroups() {
  const asked = new URLSearchParams(location.search).get("hide") ?? "";
  const groups = asked.split(",").filter((one) => /^[a-z]+$/.test(one));
  if (!groups.length) return;
  const style = document.createElement("style");
  style.textContent = `${groups.map((one) => `.group-${one}`).join(", ")} { display: none !important; }`;
  document.head.append(style);
}

/**
 * Gradio leaves a clock running that counted how long the page took to load, sixty times a second for as long as the
 * page is open: a tenth of a core. Who has asked for 300 frames in a row gets two a second, and cannot cancel them.
 */
function slowEndlessFrames() {
  const frame = window.requestAnimationFrame.bind(window);
  let row = 0; // of the callback that runs now
  window.requestAnimationFrame = (work) => {
    const next = row + 1;
    /** @param {number} now */
    const call = (now) => {
      row = next;
      try {
        work(now);
      } finally {
        row = 0;
      }
    };
    if (next <= LONGEST_ROW) return frame(call);
    setTimeout(() => frame(call), SLOW_MS);
    return -1;
  };
}
