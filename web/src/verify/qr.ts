import { decodeQRBatch } from 'qr/decode.js';

// Reads QR codes. It is loaded when a camera is opened or a picture has no badge.

/** most is the longest side that is looked at: a code of a certificate on a whole page of paper needs that many. */
const most = 3000;

/** least is the shortest side that is looked at. A camera that starts gives frames of two pixels. */
const least = 64;

/** codesIn are the texts of all codes in an image. */
export async function codesIn(image: ImageData, milliseconds: number): Promise<string[]> {
  if (Math.min(image.width, image.height) < least) {
    return [];
  }
  const [found] = await decodeQRBatch([image], { timeLimit: milliseconds });
  return (found ?? []).filter((text): text is string => typeof text === 'string');
}

/** codesInPicture are those in the bytes of a picture; none if it cannot be read. */
export async function codesInPicture(bytes: Uint8Array): Promise<string[]> {
  try {
    const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
    const scale = Math.min(1, most / Math.max(picture.width, picture.height));
    const image = drawn(picture, Math.round(picture.width * scale), Math.round(picture.height * scale));
    picture.close();
    return image ? await codesIn(image, 2000) : [];
  } catch {
    return []; // no picture, or of a kind that this browser does not read
  }
}

/** drawn are the pixels of a picture or a frame of a video at a size. */
export function drawn(source: CanvasImageSource, width: number, height: number): ImageData | undefined {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) {
    return undefined;
  }
  // White below: a picture with a transparent ground has black codes on nothing.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
