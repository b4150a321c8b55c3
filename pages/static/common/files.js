// Bytes to and from the server, and files for the person.
import { make } from "./dom.js";

/** @typedef {import("./types.js").SavedFile} SavedFile */

const KEPT_MS = 10_000; // the browser may take a while to begin

/** @param {string} base64 */
export const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** @param {Uint8Array} bytes */
export const base64Of = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

/** @param {SavedFile} file */
export function download(file) {
  const address = URL.createObjectURL(new Blob([bytesOf(file.content)], { type: file.type }));
  make("a", null, { href: address, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}
