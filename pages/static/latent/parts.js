// Small parts of the Latent page.
const TIMELESS = ["runs", "sample", "describe", "reopened", "cancel"];
const className = (name) => AIGC.known(`class.${name}`) ?? name;

part("label").checked = true;
part("picture").setAttribute("aria-label", say("latent.picture"));

// -- pictures -----------------------------------------------------------------------------------------

// One of several pictures {pixels (base64), shape [N, H, W, C]} as an ImageData.
function imageData(pictures, number = 0, bytes = bytesOf(pictures.pixels)) {
  const [, height, width, channels] = pictures.shape, image = new ImageData(width, height);
  const start = number * height * width * channels;
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = bytes[start + i * channels + (channels === 1 ? 0 : c)];
    image.data[4 * i + 3] = 255;
  }
  return image;
}

function paint(canvas, pictures, number = 0) {
  const image = imageData(pictures, number);
  if (canvas.width !== image.width || canvas.height !== image.height) {
    canvas.width = image.width; canvas.height = image.height;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

const blank = (canvas) => canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
const single = (pictures) => ({ pixels: pictures.pixels, shape: pictures.shape.slice(1) }); // [H, W, C], as we send

async function fileContent(file) {
  if (!file.size) { message(say("latent.file.empty")); return null; }
  if (file.size > 30e6) { message(say("latent.file.large")); return null; }
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1] ?? "");
    reader.onerror = () => { message(say("latent.file.unreadable")); resolve(null); };
    reader.readAsDataURL(file);
  });
}
