/** Images out of a request: a file, a form, or JSON. */
import * as v from 'valibot';
import { checkedJson } from '../checked.js';
import { HttpError } from '../http-error.js';

const Base64 = v.pipe(v.string(), v.base64());
const List = v.pipe(v.array(Base64), v.minLength(1));
/** Base64 of image files. */
export const ImageList = v.union([List, v.strictObject({ images: List })]);

/** What bodies of images may be, for the OpenAPI document. */
export const imageBodies = {
  'image/*': 'an image file',
  'multipart/form-data': 'image files under any names',
  'application/json': ImageList,
} as const;

export interface ImageBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The header Content-Type. */
  readonly type: string;
  /** The most images that there may be. */
  readonly limit: number;
}

/** What has to be read before images are there; the others are one image as they are. */
export const hasParts = ({ type }: Pick<ImageBody, 'type'>): boolean =>
  /^(?:application\/json|multipart\/form-data)/i.test(type);

/**
 * The bytes of image files, in order. What is neither JSON nor a form is taken for a file, whatever it says it is.
 * @throws HttpError 400 for what cannot be read, 413 for more images than the limit
 */
export async function readImages({ bytes, type, limit }: ImageBody): Promise<readonly Uint8Array[]> {
  if (!hasParts({ type })) return [bytes];
  const images = /^application/i.test(type) ? fromJson(bytes) : await fromForm(bytes, type, limit);
  if (images.length <= limit) return images;
  throw tooMany(limit, images.length);
}

const tooMany = (limit: number, came: number) => new HttpError(413, `expected at most ${limit} images, got ${came}`);

function fromJson(bytes: Uint8Array): readonly Uint8Array[] {
  const given = checkedJson(ImageList, bytes, 'a list of images as base64, or {"images": [...]}');
  return ('images' in given ? given.images : given).map((text) => Buffer.from(text, 'base64'));
}

async function fromForm(bytes: Uint8Array<ArrayBuffer>, type: string, limit: number): Promise<readonly Uint8Array[]> {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type)?.slice(1).find(Boolean);
  if (!boundary) throw new HttpError(400, 'expected multipart/form-data with a boundary, got none');
  const parts = count(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), `--${boundary}`, limit + 2);
  if (parts > limit + 1) throw tooMany(limit, parts - 1); // told before the parts become objects
  const form = await new Response(bytes, { headers: { 'Content-Type': type } }).formData().catch(() => undefined);
  if (!form) throw new HttpError(400, 'expected multipart/form-data, got something else or a piece of it');
  const files = [...form.values()].filter((value) => typeof value !== 'string');
  if (files.length === 0) throw new HttpError(400, 'expected image files in the form, got none');
  return Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
}

/** How often a text stands in bytes, counted so far at most. */
function count(bytes: Buffer, text: string, most: number): number {
  let found = 0;
  for (let at = bytes.indexOf(text); at >= 0 && found < most; at = bytes.indexOf(text, at + text.length)) found++;
  return found;
}
