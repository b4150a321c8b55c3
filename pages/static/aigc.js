// The language of the page, its words, and small helpers for our widgets. Loaded before everything else.
const AIGC = (() => {
  const kept = localStorage.getItem("aigc-language");
  const language = kept || (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
  const locale = { en: "en", zh: "zh-CN" }[language]; // Gradio knows Chinese under this name only
  Object.defineProperty(navigator, "language", { get: () => locale });
  Object.defineProperty(navigator, "languages", { get: () => [locale] });
  document.documentElement.lang = language;
  document.cookie = `aigc-language=${language}; path=/; SameSite=Lax`; // for sentences that the server makes

  // The text of a key in the page's language, its {fields} filled from `values`.
  const say = (key, values = {}) => {
    const text = AIGC_WORDS[language][key];
    return text === undefined ? key : fill(text, values);
  };
  const fill = (text, values) => text.replace(/{(\w+)}/g, (whole, name) => values[name] ?? whole);

  // A sentence of the core, {key, text, values}, in the page's language; English if it has no translation.
  const sentence = ({ key, text, values }) => {
    const words = AIGC_WORDS[language], known = words[`error.${key}`];
    const named = { ...values, name: words[`field.${values?.name}`] ?? values?.name }; // as the form calls it
    return known ? fill(known, named) : text;
  };

  const duration = (seconds) => {
    if (seconds == null) return "–";
    if (seconds < 90) return say("time.s", { n: Math.round(seconds) });
    if (seconds < 5400) return say("time.min", { n: Math.round(seconds / 60) });
    return say("time.h", { n: (seconds / 3600).toFixed(1) });
  };

  const switchLanguage = () => {
    localStorage.setItem("aigc-language", language === "zh" ? "en" : "zh");
    location.reload();
  };

  return { language, say, sentence, duration, switchLanguage };
})();
