/** What is open: a model and an image, where they came from, and what went wrong. */
import { signal } from '@preact/signals';
import type { BrowserDevice, Choice } from '../../../src/runtime/browser/index.js';
import { type Model, modelOf } from '../../../src/weights/model.js';
import { decodeSafetensors } from '../../../src/weights/safetensors.js';
import { fastestHere } from '../devices.js';
import type { Text } from '../language.js';
import { keepAtHand } from './at-hand.js';
import { Failure, failureOf } from './failure.js';
import { imageOf, type SeenImage } from './images.js';
import { OpenedModel } from './opened-model.js';
import { texts, troubles } from './texts.js';

/** Memory of WebAssembly ends at 4 GB, of which a network takes several times its weights. */
const MODEL_LIMIT = 1e9;

export const opened = signal<OpenedModel | undefined>(undefined);
export const image = signal<SeenImage | undefined>(undefined);
export const device = signal<BrowserDevice>('cpu');
/** What trials came to, where the faster device was asked for. */
export const chosen = signal<Choice<BrowserDevice> | undefined>(undefined);
/** Why the device that was chosen is not the one that computes. */
export const fellBack = signal<string | undefined>(undefined);
export const trouble = signal<Failure | undefined>(undefined);
export const busy = signal<{ readonly text: Text; readonly name: string } | undefined>(undefined);

/** The last image file, to be prepared anew for another model. */
let imageFile: { readonly file: Blob; readonly name: string } | undefined;
/** Of the latest thing that was opened: what comes later overtakes it. */
let latest = 0;

async function opening(text: Text, name: string, open: (isLatest: () => boolean) => Promise<void>, wrong: Text) {
  latest++;
  const mine = latest;
  trouble.value = undefined;
  busy.value = { text, name };
  try {
    await open(() => mine === latest);
  } catch (error) {
    if (mine === latest) trouble.value = failureOf(error, wrong);
  } finally {
    if (mine === latest) busy.value = undefined;
  }
}

/** Opens a model file. What is open already stays where it is none. */
export const openModel = (file: Blob, name: string): Promise<void> =>
  opening(
    texts.readingModel,
    name,
    async (isLatest) => {
      const model = await modelIn(file, name);
      if (isLatest()) await use(new OpenedModel(name, model, device.value), isLatest);
    },
    troubles.model,
  );

async function modelIn(file: Blob, name: string): Promise<Model> {
  const megabytes = (bytes: number) => Math.ceil(bytes / 1e6);
  if (file.size > MODEL_LIMIT)
    throw new Failure(troubles.large, { name, size: megabytes(file.size), limit: megabytes(MODEL_LIMIT) });
  return modelOf(decodeSafetensors(new Uint8Array(await file.arrayBuffer()), { name }), name);
}

/** In place of the one before, whose image it is shown too. */
async function use(model: OpenedModel, isLatest: () => boolean): Promise<void> {
  try {
    await model.ready();
  } catch (error) {
    void model.close();
    throw failureOf(error, troubles.engine);
  }
  if (!isLatest()) return model.close();
  void opened.value?.close();
  image.value = undefined;
  fellBack.value = undefined;
  opened.value = model;
  if (imageFile && model.takesImages)
    image.value = await imageOf(imageFile.file, imageFile.name, model.card.preprocessing);
}

/** Fetches a model from the server that this page comes from. */
export const openAddress = (address: string): Promise<void> =>
  opening(
    texts.readingModel,
    address,
    async (isLatest) => {
      const url = new URL(address, document.baseURI);
      if (url.origin !== location.origin) throw new Failure(troubles.origin, { origin: location.origin, address });
      const failed = (reason: string) => new Failure(troubles.fetching, { address, reason });
      const answer = await fetch(url).catch((error: Error) => {
        throw failed(error.message);
      });
      if (!answer.ok) throw failed(`${answer.status}`);
      const name = url.pathname.split('/').at(-1) || address;
      const model = await modelIn(await answer.blob(), name);
      if (isLatest()) await use(new OpenedModel(name, model, device.value), isLatest);
    },
    troubles.model,
  );

export const openImage = (file: Blob, name: string): Promise<void> =>
  opening(
    texts.readingImage,
    name,
    async (isLatest) => {
      const model = opened.value;
      if (!model) throw new Failure(troubles.modelFirst);
      if (!model.takesImages) throw new Failure(troubles.imageless);
      const seen = await imageOf(file, name, model.card.preprocessing);
      if (!isLatest()) return;
      imageFile = { file, name };
      keepAtHand([imageFile]);
      image.value = seen;
    },
    troubles.computing,
  );

/** Names that only models have; anything else may be an image, and is tried as one. */
const MODEL = /\.(safetensors|onnx|pth?|ckpt|bin|h5|keras|npz)$/i;

/** Whatever was dropped or pasted: a model first, since images are prepared as it asks. Of several images the first is shown. */
export async function openFiles(files: readonly File[]): Promise<void> {
  const isModel = ({ name, type }: File) => MODEL.test(name) || (!opened.value && !type.startsWith('image/'));
  const model = files.find(isModel);
  const pictures = files.filter((file) => !isModel(file));
  const [picture] = pictures;
  if (model) await openModel(model, model.name);
  if (picture && (opened.value || !model)) await openImage(picture, picture.name);
  if (pictures.length > 1) keepAtHand(pictures.map((file) => ({ file, name: file.name })));
}

/** Goes over to a device with the model that is open. */
export function choose(other: BrowserDevice): void {
  device.value = other;
  fellBack.value = undefined;
  chosen.value = undefined;
  const before = opened.value;
  if (!before || before.device === other) return;
  opened.value = new OpenedModel(before.name, before.model, other);
  void before.close();
}

/** Goes over to what computes fastest here, once that is tried. */
export const chooseFastest = (): Promise<void> =>
  opening(
    texts.trying,
    '',
    async (isLatest) => {
      const choice = await fastestHere();
      if (!isLatest()) return;
      choose(choice.device);
      chosen.value = choice;
    },
    troubles.engine,
  );

/** After a device has failed: the processor computes, and the page says why. */
export function fallBack(reason: string): void {
  choose('cpu');
  fellBack.value = reason;
}
