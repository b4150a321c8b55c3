// Pictures of the model on canvases, and files of the person.
import { penOf } from "../common/chart.js";
import { bytesOf } from "../common/files.js";
import { say } from "../common/language.js";

/** @typedef {import("./types.js").Pictures} Pictures */

const LARGEST_FILE = 30e6; // bytes

/**
 * One of several pictures.
 * @param {Pictures} pictures
 * @param {number} [number]
 * @param {Uint8Array} [bytes] of all of them, where they are known
 */
export function imageOf({ pixels, shape }, number = 0, bytes = bytesOf(pixels)) {
  const [, height, width, channels] = shape;
  const image = new ImageData(width, height);
  const start = number * height * width * channels;
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = bytes[start + i * channels + (channels === 1 ? 0 : c)];
    image.data[4 * i + 3] = 255;
  }
  return image;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Pictures} pictures
 * @param {number} [number]
 */
export function paint(canvas, pictures, number = 0) {
  const image = imageOf(pictures, number);
  const { width, height } = image;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  penOf(canvas).putImageData(image, 0, 0);
}

/** @param {HTMLCanvasElement} canvas */
export const blank = (canvas) => penOf(canvas).clearRect(0, 0, canvas.width, canvas.height);

/**
 * The first picture alone, of shape [H, W, C], as the server takes one.
 * @param {Pictures} pictures
 * @returns {Pictures}
 */
export const single = ({ pixels, shape }) => ({ pixels, shape: shape.slice(1) });

/**
 * The content of a person's file as base64; null after saying why there is none.
 * @param {import("./space.js").Widget} widget
 * @param {File} file
 * @returns {Promise<string | null>}
 */
export async function contentOf(widget, file) {
  if (!file.size || file.size > LARGEST_FILE) {
    widget.message(say(file.size ? "latent.file.large" : "latent.file.empty"));
    return null;
  }
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",")[1] ?? "");
    reader.onerror = () => {
      widget.message(say("latent.file.unreadable"));
      resolve(null);
    };
    reader.readAsDataURL(file);
  });
}
