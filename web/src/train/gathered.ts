/** Images by class, as a person gathers them. */
import { computed, signal } from '@preact/signals';
import type { ClassFiles, GivenFile } from './messages.js';
import type { Task } from './usual.js';

/** Files that the page takes at most. */
export const MOST_FILES = 2000;

export interface Gathered extends ClassFiles {
  /** Stays when the class is renamed. */
  readonly id: number;
}

/** A file below the folder that was chosen or dropped: `animals/cats/1.png`. */
export interface Found {
  readonly path: string;
  readonly file: File;
}

export const classes = signal<readonly Gathered[]>([]);
/** Files beyond the most that the page takes, of the last time that some came. */
export const leftOut = signal(0);
/** Whether nothing of what came last was an image. */
export const nothingCame = signal(false);

export const total = computed(() => classes.value.reduce((sum, { files }) => sum + files.length, 0));

const IMAGE = /\.(jpe?g|png|webp|gif|avif|bmp|tiff?)$/i;
const isImage = ({ file }: Found) =>
  (file.type.startsWith('image/') || IMAGE.test(file.name)) && !file.name.startsWith('.');

let ids = 0;

export function addClass(name: string): void {
  classes.value = [...classes.value, { id: ++ids, name, files: [] }];
}

export function renameClass(id: number, name: string): void {
  classes.value = classes.value.map((one) => (one.id === id ? { ...one, name } : one));
}

export function removeClass(id: number): void {
  classes.value = classes.value.filter((one) => one.id !== id);
}

export function removeImage(id: number, path: string): void {
  classes.value = classes.value.map((one) =>
    one.id === id ? { ...one, files: one.files.filter((file) => file.path !== path) } : one,
  );
}

export function removeAll(): void {
  classes.value = [];
}

/** Sorts files into the classes that their folders are named by. */
export function addFolders(found: readonly Found[]): void {
  const images = fitting(found);
  const folderOf = ({ path }: Found) => path.split('/').at(-2) ?? '';
  for (const name of [...new Set(images.map(folderOf))].sort()) {
    const files = images.filter((one) => folderOf(one) === name);
    if (!classes.value.some((one) => one.name === name)) addClass(name);
    addTo(classes.value.find((one) => one.name === name)!.id, files);
  }
}

/** Adds images to a class, wherever they lay. */
export const addImages = (id: number, files: readonly File[]): void =>
  addTo(id, fitting(files.map((file) => ({ path: file.name, file }))));

/** Adds a picture of the camera to a class. */
export const addPicture = (id: number, picture: Blob): void =>
  addImages(id, [new File([picture], `camera-${++pictures}.jpg`, { type: picture.type })]);
let pictures = 0;

/** Images among what came, as many as there is room for: of too many some from everywhere, so that no class is left out. */
function fitting(found: readonly Found[]): readonly Found[] {
  const images = found.filter(isImage);
  const room = Math.max(0, MOST_FILES - total.value);
  leftOut.value = Math.max(0, images.length - room);
  nothingCame.value = images.length === 0;
  const place = (i: number) => Math.floor((i * room) / images.length);
  return images.length <= room ? images : images.filter((_, i) => place(i + 1) > place(i));
}

/** A file of a name that the class has already replaces nothing: it gets a number. */
function addTo(id: number, found: readonly Found[]): void {
  classes.value = classes.value.map((one) => {
    if (one.id !== id) return one;
    const paths = new Set(one.files.map(({ path }) => path));
    const files = found.map(({ file }) => {
      let path = file.name;
      for (let i = 2; paths.has(path); i++) path = `${file.name} (${i})`;
      paths.add(path);
      return { path, file };
    });
    return { ...one, files: [...one.files, ...files] };
  });
}

/** Every image, whatever its class. */
export const everyImage = (): readonly GivenFile[] =>
  classes.value.flatMap(({ name, files }) =>
    files.map(({ path, file }) => ({ path: name === '' ? path : `${name}/${path}`, file })),
  );

export interface Obstacle {
  readonly text: 'needTwo' | 'needImages' | 'sameName' | 'noName';
  readonly name?: string;
}

/** What keeps the training from beginning, by the task. */
export const obstacles: { readonly [T in Task]: () => Obstacle | undefined } = {
  classify: () => {
    const names = classes.value.map(({ name }) => name.trim());
    if (names.some((name) => name === '')) return { text: 'noName' };
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) return { text: 'sameName', name: twice };
    const few = classes.value.length < 2 || classes.value.some(({ files }) => files.length < 2);
    return few ? { text: 'needTwo' } : undefined;
  },
  reconstruct: () => (total.value < 2 ? { text: 'needImages' } : undefined),
};
