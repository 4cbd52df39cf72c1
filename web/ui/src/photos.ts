// SPDX-License-Identifier: Apache-2.0
// Photos to and from the core. What leaves is drawn anew on this device: smaller, and with nothing of what the camera wrote into
// the file (place, time, model).
import type { Id, PhotoRef } from './api';
import { call } from './core';
import { newId } from './ids';
import { fromBase64 } from './parts/files';

const LONGEST = 1600; // px
const HEAVIEST = 400_000; // bytes
const KEEP = 60;

const urls = new Map<Id, Promise<string>>();

/** An address for <img>. The newest sixty stay; an older one is asked again. */
export function photoUrl(id: Id): Promise<string> {
  const known = urls.get(id);
  if (known) return known;
  const made = call('photos.get', { id }).then(({ format, data }) => URL.createObjectURL(new Blob([fromBase64(data)], { type: format })));
  urls.set(id, made);
  made.catch(() => urls.delete(id));
  if (urls.size > KEEP) {
    const [oldest, url] = urls.entries().next().value!;
    urls.delete(oldest);
    void url.then((old) => URL.revokeObjectURL(old));
  }
  return made;
}

/** Not a picture that this browser can open. */
export class NotAPicture extends Error {}

interface Drawn { bytes: Uint8Array; width: number; height: number }

async function encode(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality));
  if (!blob) throw new NotAPicture();
  return blob;
}

async function redraw(file: Blob): Promise<Drawn> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => {
    throw new NotAPicture();
  });
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const brush = canvas.getContext('2d')!;
  brush.fillStyle = '#fff'; // under what is see-through: JPEG knows none
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  let quality = 0.82;
  let blob = await encode(canvas, quality);
  while (blob.size > HEAVIEST && quality > 0.45) blob = await encode(canvas, (quality -= 0.12));
  return { bytes: new Uint8Array(await blob.arrayBuffer()), width: canvas.width, height: canvas.height };
}

/** Scales, strips and keeps a photo. Throws NotAPicture or the core's problem. */
export async function addPhoto(file: Blob, alt: string | null): Promise<PhotoRef> {
  const { bytes, width, height } = await redraw(file);
  return call('photos.add', { id: newId(), width, height, ...(alt ? { alt } : {}) }, bytes);
}
