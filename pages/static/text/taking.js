// Taking the text away, with the notice that a machine wrote it.
import { copied } from "../common/dom.js";
import { bytesOf, download } from "../common/files.js";
import { labelLanguage, say } from "../common/language.js";

/** @param {import("./writing.js").Writing} writing */
export function offerTaking(writing) {
  const { widget } = writing;
  const label = widget.input("label");
  label.checked = true;
  const file = () => widget.call("saved", { text: writing.wholeText(), label: labelLanguage(label) });
  widget.button("save").addEventListener("click", async () => {
    const made = await file();
    if (made) download(made);
  });
  widget.button("copy").addEventListener("click", async () => {
    const made = await file();
    if (!made) return;
    const kept = await copied(new TextDecoder().decode(bytesOf(made.content)));
    widget.message(say(kept ? "text.copied" : "text.copied.not"), !kept);
  });
}
