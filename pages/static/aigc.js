// The language of the page, its words, and small helpers for our widgets. Loaded before everything else.
const AIGC = (() => {
  // What the browser keeps for this site. Within a page of another site it may keep nothing: then a page remembers until
  // it is left.
  const store = (name) => {
    try {
      return window[name];
    } catch {
      const values = new Map();
      return {
        getItem: (key) => values.get(key) ?? null,
        setItem: (key, value) => values.set(key, String(value)),
        removeItem: (key) => values.delete(key),
      };
    }
  };
  const local = store("localStorage"), session = store("sessionStorage");

  const lesson = new URLSearchParams(location.search); // of a lesson link
  const told = [lesson.get("lang"), local.getItem("aigc-language"), document.cookie.match(/(?:^|; )aigc-language=(\w+)/)?.[1]];
  const hidden = (lesson.get("hide") ?? "").split(",").filter((one) => /^[a-z]+$/.test(one));
  if (hidden.length) document.write(`<style>${hidden.map((one) => `.group-${one}`).join(", ")} { display: none !important; }</style>`);
  const language = told.find((one) => one === "en" || one === "zh") ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
  const locale = { en: "en", zh: "zh-CN" }[language]; // Gradio knows Chinese under this name only
  Object.defineProperty(navigator, "language", { get: () => locale });
  Object.defineProperty(navigator, "languages", { get: () => [locale] });
  document.documentElement.lang = language;
  if (told[0] === language) local.setItem("aigc-language", language);
  // For sentences that the server makes, and where nothing else is kept.
  const tellLanguage = (chosen) => {
    const within = window.top === window ? "SameSite=Lax" : "SameSite=None; Secure; Partitioned";
    document.cookie = `aigc-language=${chosen}; path=/; ${within}`;
  };
  tellLanguage(language);

  // The text of a key in the page's language, its {fields} filled from `values`.
  const say = (key, values = {}) => {
    const text = AIGC_WORDS[language][key];
    if (text === undefined) return key.replace(/^data\./, ""); // a run of others may have data that is not known here
    return fill(text, values);
  };
  const known = (key) => AIGC_WORDS[language][key];
  const fill = (text, values) => text.replace(/{(\w+)}/g, (whole, name) => values[name] ?? whole);

  // A sentence of the core, {key, text, values}, in the page's language; English if it has no translation.
  const sentence = ({ key, text, values }) => {
    const words = AIGC_WORDS[language], template = words[`error.${key}`];
    return template ? fill(template, Object.fromEntries(Object.entries(values).map(([field, value]) => [field, named(field, value)]))) : text;
  };

  // A setting, figure or source of data in a sentence, as the page calls it.
  const named = (field, value) => {
    const prefix = (AIGC_NAMES[field] ?? []).find((one) => AIGC_WORDS[language][one + value] !== undefined);
    return prefix === undefined ? value : AIGC_WORDS[language][prefix + value];
  };

  const duration = (seconds) => {
    if (seconds == null) return "–";
    if (seconds < 90) return say("time.s", { n: Math.round(seconds) });
    if (seconds < 5400) return say("time.min", { n: Math.round(seconds / 60) });
    return say("time.h", { n: (seconds / 3600).toFixed(1) });
  };

  // A number for people: four digits, and no more.
  const number = (value) => {
    if (value == null) return "–";
    const size = Math.abs(value);
    return size >= 1e4 || (size && size < 1e-3) ? (+value.toPrecision(3)).toLocaleString(language, { maximumSignificantDigits: 3 }) : String(+value.toPrecision(4));
  };

  // Round numbers between two, about `count` of them, for an axis.
  const ticks = (low, high, count) => {
    const rough = (high - low) / count || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
    const found = [];
    for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-6; value += step) found.push(Math.abs(value) < step * 1e-6 ? 0 : value);
    return found;
  };

  // An element with a text and attributes.
  const make = (tag, text, attributes = {}) => {
    const node = document.createElement(tag);
    if (text != null) node.textContent = text;
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };

  // A “?” that explains what it stands behind, for mouse, finger and keyboard.
  const question = (key) => make("span", "?", { class: "q", "aria-label": say(key), tabindex: "0", role: "note" });

  const switchLanguage = () => {
    const other = language === "zh" ? "en" : "zh";
    local.setItem("aigc-language", other);
    tellLanguage(other);
    location.reload();
  };

  // Gradio leaves a clock running that counted how long the page took to load, sixty times a second for as long as the
  // page is open: a tenth of a core. Who has asked for 300 frames in a row gets two a second, and cannot cancel them.
  const frame = window.requestAnimationFrame.bind(window);
  let row = 0; // of the callback that runs now
  window.requestAnimationFrame = (work) => {
    const next = row + 1;
    const call = (now) => {
      row = next;
      try { work(now); } finally { row = 0; }
    };
    if (next <= 300) return frame(call);
    setTimeout(() => frame(call), 500);
    return -1;
  };

  return { local, session, language, say, known, make, question, sentence, number, ticks, duration, switchLanguage };
})();
