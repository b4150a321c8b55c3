// A run's curves and its report as files.
import { action } from "../common/dom.js";
import { download } from "../common/files.js";
import { language } from "../common/language.js";

const FORMATS = /** @type {const} */ ({ save_curves: ["png", "svg", "pdf", "csv"], save_report: ["html", "pdf"] });

/**
 * Offer each format on a button.
 * @param {import("./watch.js").Widget} widget
 * @param {import("./types.js").Run} run
 */
export function offerFiles(widget, run) {
  for (const what of /** @type {(keyof typeof FORMATS)[]} */ (Object.keys(FORMATS)))
    for (const format of FORMATS[what])
      widget.part(what.replace("_", "-")).append(action(format.toUpperCase(), async () => {
        const file = await widget.call(what, { run: run.name, format, language });
        if (file) download(file);
      }));
}
