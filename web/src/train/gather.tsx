/** Where images are gathered, and the training is begun. */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { number, say } from '../language.js';
import { Trouble } from '../ui/trouble.js';
import { DropZone } from './drop-zone.js';
import { chosenFiles } from './dropped.js';
import {
  addClass,
  addFolders,
  addImages,
  classes,
  type Gathered,
  leftOut,
  MOST_FILES,
  nothingCame,
  obstacle,
  removeClass,
  renameClass,
} from './gathered.js';
import { begin } from './session.js';
import { chosen, SettingsRow } from './settings.js';
import { texts } from './texts.js';

export function Gather() {
  const wrong = useSignal<ReturnType<typeof obstacle>>(undefined);
  const train = () => {
    wrong.value = obstacle();
    if (!wrong.value)
      begin({ classes: classes.value.map(({ name, files }) => ({ name: name.trim(), files })) }, chosen());
  };
  return (
    <>
      <DropZone label={say(texts.drop)} onFiles={addFolders}>
        <FolderButton />
        <button type="button" onClick={() => addClass(say(texts.newClass, { number: classes.value.length + 1 }))}>
          {say(texts.addClass)}
        </button>
      </DropZone>
      {leftOut.value > 0 && (
        <Trouble>{say(texts.tooMany, { most: number(MOST_FILES), left: number(leftOut.value) })}</Trouble>
      )}
      {nothingCame.value && <Trouble>{say(texts.noImages)}</Trouble>}
      <ul class="classes">
        {classes.value.map((one) => (
          <ClassCard key={one.id} gathered={one} />
        ))}
      </ul>
      <SettingsRow />
      {wrong.value && <Trouble>{say(texts[wrong.value.text], { name: wrong.value.name ?? '' })}</Trouble>}
      <p class="actions">
        <button type="button" class="main" onClick={train}>
          {say(texts.start)}
        </button>
        {classes.value.length === 0 && (
          <button type="button" onClick={drawn}>
            {say(texts.sample)}
          </button>
        )}
      </p>
      {classes.value.length === 0 && <p class="note">{say(texts.sampleNote, { count: number(SAMPLE.train) })}</p>}
    </>
  );
}

const SAMPLE = { train: 600, validation: 200, seed: 0 };

const drawn = () => begin({ drawn: SAMPLE }, { ...chosen(), size: 32 });

function FolderButton() {
  return (
    <label class="button main">
      {say(texts.chooseFolder)}
      <input
        type="file"
        class="hidden"
        multiple
        {...{ webkitdirectory: true }}
        onChange={({ currentTarget }) => {
          addFolders(chosenFiles(currentTarget.files));
          currentTarget.value = '';
        }}
      />
    </label>
  );
}

function ClassCard({ gathered: { id, name, files } }: { readonly gathered: Gathered }) {
  return (
    <li class="class-card">
      <div class="class-head">
        <input
          type="text"
          aria-label={say(texts.className)}
          value={name}
          maxLength={80}
          onInput={({ currentTarget }) => renameClass(id, currentTarget.value)}
        />
        <button type="button" class="quiet" aria-label={say(texts.remove, { name })} onClick={() => removeClass(id)}>
          ×
        </button>
      </div>
      <Thumbnails files={files} />
      <div class="class-foot">
        <span class="note">{say(texts.images, { count: number(files.length) })}</span>
        <label class="button">
          {say(texts.add)}
          <input
            type="file"
            class="hidden"
            accept="image/*"
            multiple
            aria-label={say(texts.addImages, { name })}
            onChange={({ currentTarget }) => {
              addImages(id, [...(currentTarget.files ?? [])]);
              currentTarget.value = '';
            }}
          />
        </label>
      </div>
    </li>
  );
}

const SHOWN = 6;

/** The first images of a class; those that cannot be shown leave their place empty. */
function Thumbnails({ files }: Pick<Gathered, 'files'>) {
  const addresses = useMemo(() => files.slice(0, SHOWN).map(({ file }) => URL.createObjectURL(file)), [files]);
  useEffect(
    () => () => {
      for (const one of addresses) URL.revokeObjectURL(one);
    },
    [addresses],
  );
  return (
    <div class="thumbnails">
      {addresses.map((address) => (
        <img
          key={address}
          src={address}
          alt=""
          onError={({ currentTarget }) => {
            currentTarget.style.visibility = 'hidden';
          }}
        />
      ))}
    </div>
  );
}
