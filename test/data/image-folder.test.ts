import assert from 'node:assert/strict';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Dataset, openData, openImages } from '../../src/data/dataset.js';
import { temporaryFolder, userError, write } from './fixtures.js';

/** A folder with (empty) files at these paths: opening looks at names only. */
async function folderOf(...paths: readonly string[]): Promise<string> {
  const root = await temporaryFolder();
  for (const path of paths) {
    if (path.endsWith('/')) await mkdir(join(root, path), { recursive: true });
    else await write(join(root, path), '');
  }
  return root;
}

/** 'class/file' of every image, by the dataset's own account. */
const contents = (root: string, { length, classes, label, describe }: Dataset): string[] =>
  Array.from({ length }, (_, i) => `${classes[label(i)] ?? '-'}: ${describe(i).slice(root.length + 1)}`);

const numbered = (folder: string, count: number) => Array.from({ length: count }, (_, i) => `${folder}/${i}.jpg`);

test('split/class/image, with everything in the order of torchvision', async () => {
  const root = await folderOf(
    'train/b/2.jpg',
    'train/b/10.PNG',
    'train/Z/1.tiff',
    'train/b/deep/er/3.webp',
    'val/b/1.avif',
    'val/Z/1.gif',
  );
  const { train, validation, test, warnings } = await openData(`${root}/`);
  assert.deepEqual(train.classes, ['Z', 'b']);
  assert.deepEqual(contents(root, train), [
    'Z: train/Z/1.tiff',
    'b: train/b/10.PNG',
    'b: train/b/2.jpg',
    'b: train/b/deep/er/3.webp',
  ]);
  assert.deepEqual(contents(root, validation), ['Z: val/Z/1.gif', 'b: val/b/1.avif']);
  assert.deepEqual([test, warnings], [undefined, []]);
});

test('the splits may go by their other names, and a test split stays apart', async () => {
  const root = await folderOf(
    ...['Training', 'VALID', 'testing'].flatMap((split) => [`${split}/a/1.jpg`, `${split}/b/1.jpg`]),
  );
  const splits = await openData(root);
  assert.deepEqual(contents(root, splits.validation), ['a: VALID/a/1.jpg', 'b: VALID/b/1.jpg']);
  assert.deepEqual(splits.test && contents(root, splits.test), ['a: testing/a/1.jpg', 'b: testing/b/1.jpg']);
});

test('a test split takes the place of a missing validation split', async () => {
  const root = await folderOf('train/a/1.jpg', 'train/b/1.jpg', 'test/a/2.jpg', 'test/b/2.jpg');
  const splits = await openData(root);
  assert.deepEqual(contents(root, splits.validation), ['a: test/a/2.jpg', 'b: test/b/2.jpg']);
  assert.equal(splits.test, undefined);
});

test('class/image is split by seed, the same share of every class', async () => {
  const root = await folderOf(...numbered('few', 5), ...numbered('many', 40), 'once/0.jpg');
  const open = (seed: number, validationFraction?: number) =>
    openData(root, { seed, ...(validationFraction !== undefined && { validationFraction }) });
  const { train, validation } = await open(1);
  const parts = [...contents(root, train), ...contents(root, validation)];
  assert.equal(new Set(parts).size, 46);
  const held = (name: string) => contents(root, validation).filter((each) => each.startsWith(name)).length;
  assert.deepEqual([held('few'), held('many'), held('once')], [1, 8, 0]);
  assert.deepEqual(contents(root, (await open(1)).validation), contents(root, validation));
  assert.notDeepEqual(contents(root, (await open(2)).validation), contents(root, validation));
  const whole = await open(1, 0);
  assert.equal(whole.train, whole.validation);
  assert.equal(whole.train.length, 46);
  await assert.rejects(open(1, 1), userError('validation fraction', '1'));
});

test('classes called train and val are classes when they are among others', async () => {
  const root = await folderOf(...['train', 'car', 'plane'].flatMap((name) => numbered(name, 2)));
  assert.deepEqual((await openData(root)).train.classes, ['car', 'plane', 'train']);
});

test('an empty class is kept, with a warning', async () => {
  const root = await folderOf(
    'train/a/1.jpg',
    'train/b/',
    'train/c/1.jpg',
    'val/a/1.jpg',
    'val/b/',
    'val/c/1.jpg',
    'notes/1.txt',
    'train/x.png',
  );
  const { train, warnings } = await openData(root);
  assert.deepEqual(train.classes, ['a', 'b', 'c']);
  assert.deepEqual([train.label(0), train.label(1)], [0, 2]);
  assert.deepEqual(
    warnings.map((warning) => warning.replaceAll(root, '')),
    [
      '/notes is no split and is not used.',
      '/train: the 1 images beside the class folders are not used.',
      "Class 'b' has no images in /train/b.",
      "Class 'b' has no images in /val/b.",
    ],
  );
});

test('hidden files and folders are left alone', async () => {
  const root = await folderOf(
    'a/1.jpg',
    'a/2.jpg',
    'a/._1.jpg',
    'b/1.jpg',
    'b/2.jpg',
    '.git/x/1.jpg',
    '__MACOSX/a/1.jpg',
    'b/.cache/1.jpg',
  );
  const { train, validation } = await openData(root);
  assert.deepEqual([train.classes, train.length + validation.length], [['a', 'b'], 4]);
});

test('reconstruct takes images from anywhere, without labels', async () => {
  const root = await folderOf('1.jpg', 'a/2.jpg', 'a/b/c/3.jpg', 'd/4.jpg', 'd/readme.txt');
  const { train, validation } = await openData(root, { task: 'reconstruct', validationFraction: 0.25 });
  assert.deepEqual([train.length, validation.length, train.classes, train.label(0)], [3, 1, [], -1]);
  const split = await folderOf('train/1.jpg', 'train/x/2.jpg', 'val/3.jpg');
  const splits = await openData(split, { task: 'reconstruct' });
  assert.deepEqual(contents(split, splits.train), ['-: train/1.jpg', '-: train/x/2.jpg']);
  assert.deepEqual(contents(split, splits.validation), ['-: val/3.jpg']);
});

/** Paths -> what the error must say. */
const MISTAKES: readonly (readonly [name: string, paths: readonly string[], ...parts: string[]])[] = [
  ['no files', [], 'expected a folder for each class', '0 images'],
  ['only images', ['1.jpg', '2.jpg'], 'DATA/train/<class>/*.jpg', '2 images and no folders'],
  ['no images', ['a/1.txt', 'b/2.doc', 'b/3'], 'no images', 'jpg, jpeg, png', '3 other files'],
  ['one class', ['train/a/1.jpg', 'val/a/1.jpg'], 'at least two classes', "only 'a'"],
  [
    'a class missing in validation',
    ['train/a/1.jpg', 'train/b/1.jpg', 'val/a/1.jpg'],
    'b missing',
    'same class folders',
  ],
  [
    'a class too many in validation',
    ['train/a/1.jpg', 'train/b/1.jpg', ...['a', 'b', 'c'].map((c) => `val/${c}/1.jpg`)],
    'c not among the training',
  ],
  ['no training split', ['val/a/1.jpg', 'test/a/1.jpg'], 'no train/'],
  ['a split twice', ['train/a/1.jpg', 'val/a/1.jpg', 'valid/a/1.jpg'], 'both val/ and valid/'],
  ['nothing to set aside', ['a/1.jpg', 'b/1.jpg'], 'too few images'],
];
for (const [name, paths, ...parts] of MISTAKES)
  test(`a clear error: ${name}`, async () => {
    await assert.rejects(openData(await folderOf(...paths)), userError(...parts));
  });

test('a clear error: no such folder, or a file in its place', async () => {
  const root = await folderOf('a.jpg');
  await assert.rejects(openData(join(root, 'none')), userError(join(root, 'none'), 'does not exist'));
  await assert.rejects(openData(join(root, 'a.jpg')), userError('is a file, but a folder is expected'));
});

const asRoot = process.getuid?.() === 0 || process.platform === 'win32';
test('a clear error: an unreadable folder', { skip: asRoot && 'this user may read everything' }, async () => {
  const root = await folderOf('a/1.jpg', 'b/1.jpg');
  await chmod(join(root, 'b'), 0);
  await assert
    .rejects(openData(root), userError(join(root, 'b'), 'permission denied'))
    .finally(() => chmod(join(root, 'b'), 0o700));
});

test('links are followed, and circles end', async () => {
  const root = await folderOf('a/1.jpg', 'b/1.jpg', 'b/2.jpg', 'outside/3.jpg');
  await symlink(join(root, 'outside'), join(root, 'a/linked'));
  await symlink(root, join(root, 'a/up'));
  await symlink(join(root, 'a'), join(root, 'b/over'));
  await symlink('self.jpg', join(root, 'b/self.jpg'));
  await symlink('nowhere', join(root, 'b/broken.jpg'));
  const { train, validation } = await openData(root, { task: 'reconstruct' });
  assert.equal(train.length + validation.length, 6);
  const classes = await openData(root);
  const names = [...contents(root, classes.train), ...contents(root, classes.validation)];
  assert.ok(names.includes('a: a/linked/3.jpg'));
  assert.ok(names.includes('b: b/broken.jpg'), 'kept, so that decoding names it');
});

test('a folder of very many files opens', async () => {
  const root = await folderOf('a/', 'b/');
  const count = 5000;
  await Promise.all(['a', 'b'].flatMap((name) => numbered(name, count).map((path) => write(join(root, path), ''))));
  const { train, validation } = await openData(root);
  assert.deepEqual([train.length, validation.length], [8000, 2000]);
});

test('single images keep the order they are named in, folders are in natural order', async () => {
  const root = await folderOf('10.jpg', '2.jpg', 'deep/1.jpg', 'x/z.png', 'x/a.png', 'odd.name');
  const images = await openImages([join(root, 'x/z.png'), join(root, 'odd.name'), `${root}/`, join(root, 'x/a.png')]);
  assert.deepEqual(contents(root, images), [
    '-: x/z.png',
    '-: odd.name',
    ...['2.jpg', '10.jpg', 'deep/1.jpg', 'x/a.png', 'x/z.png'].map((path) => `-: ${path}`),
    '-: x/a.png',
  ]);
  await assert.rejects(openImages([join(root, 'none.jpg')]), userError('none.jpg', 'does not exist'));
  await assert.rejects(openImages([await folderOf('a.txt')]), userError('no images', '1 other files'));
  await assert.rejects(openImages([]), userError('no path was given'));
});
