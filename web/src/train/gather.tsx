/** Where images are gathered, and the training is begun. */
import { useSignal } from '@preact/signals';
import { number, say } from '../language.js';
import { Trouble } from '../ui/trouble.js';
import { ClassCard, Pile } from './class-card.js';
import { DropZone } from './drop-zone.js';
import { chosenFiles } from './dropped.js';
import { FilesButton } from './files-button.js';
import {
  addClass,
  addFolders,
  classes,
  everyImage,
  leftOut,
  MOST_FILES,
  nothingCame,
  obstacles,
  total,
} from './gathered.js';
import type { Source } from './messages.js';
import { begin } from './session.js';
import { chosen, SettingsRow, TaskChoice, task } from './settings.js';
import { texts } from './texts.js';
import type { Task } from './usual.js';

/** What is learned from, by the task. */
const sources: { readonly [T in Task]: () => Source } = {
  classify: () => ({ classes: classes.value.map(({ name, files }) => ({ name: name.trim(), files })) }),
  reconstruct: () => ({ images: everyImage() }),
};

export function Gather() {
  const asked = useSignal(false);
  const obstacle = obstacles[task.value]();
  const train = () => {
    asked.value = true;
    if (!obstacle) begin(sources[task.value](), chosen(total.value));
  };
  return (
    <>
      <TaskChoice />
      {task.value === 'classify' ? <Classes /> : <Images />}
      {leftOut.value > 0 && (
        <Trouble>{say(texts.tooMany, { most: number(MOST_FILES), left: number(leftOut.value) })}</Trouble>
      )}
      {nothingCame.value && <Trouble>{say(texts.noImages)}</Trouble>}
      {asked.value && obstacle && <Trouble>{say(texts[obstacle.text], { name: obstacle.name ?? '' })}</Trouble>}
      <p class="actions">
        <button type="button" class="main" onClick={train}>
          {say(texts.start)}
        </button>
        {total.value === 0 && (
          <button type="button" onClick={drawn}>
            {say(texts.sample)}
          </button>
        )}
      </p>
      {total.value === 0 && <p class="note">{say(texts.sampleNote, { count: number(SAMPLE.train) })}</p>}
      <SettingsRow />
    </>
  );
}

const SAMPLE = { train: 600, validation: 200, seed: 0 };

function drawn(): void {
  const { options, ...others } = chosen(SAMPLE.train);
  begin({ drawn: SAMPLE }, { ...others, options: { ...options, size: 32 } });
}

/** A card for each class. */
const Classes = () => (
  <>
    <DropZone label={say(texts.drop)} onFiles={addFolders}>
      <FolderButton />
      <button type="button" onClick={() => addClass(say(texts.newClass, { number: classes.value.length + 1 }))}>
        {say(texts.addClass)}
      </button>
    </DropZone>
    <ul class="classes">
      {classes.value.map((one) => (
        <li key={one.id}>
          <ClassCard gathered={one} />
        </li>
      ))}
    </ul>
  </>
);

/** All images together. */
const Images = () => (
  <>
    <DropZone label={say(texts.dropImages)} onFiles={addFolders}>
      <FolderButton />
      <FilesButton
        label={say(texts.chooseImages)}
        accept="image/*"
        multiple
        onFiles={(files) => addFolders(chosenFiles(files))}
      />
    </DropZone>
    {total.value > 0 && <Pile />}
  </>
);

const FolderButton = () => (
  <FilesButton main folder label={say(texts.chooseFolder)} onFiles={(files) => addFolders(chosenFiles(files))} />
);
