/** An image that was not among those learned from, and what the network makes of it. */
import { useSignal } from '@preact/signals';
import { psnr } from '../../../src/web-folder/page/quality.js';
import { number, say } from '../language.js';
import { Camera } from '../ui/camera.js';
import { Picture } from '../ui/picture.js';
import { Trouble } from '../ui/trouble.js';
import { DropZone } from './drop-zone.js';
import { chosenFiles } from './dropped.js';
import { FilesButton } from './files-button.js';
import type { Found } from './gathered.js';
import type { Answer } from './messages.js';
import { ask, begun } from './session.js';
import { texts } from './texts.js';

export function Try() {
  const shown = useSignal<(Answer & { readonly name: string }) | undefined>(undefined);
  const reason = useSignal('');
  const show = async (file: Blob | undefined, name: string) => {
    if (!file) return;
    const answer = await ask(file);
    shown.value = answer && { ...answer, name };
    reason.value = answer ? '' : say(texts.tryFailed, { name, reason: say(texts.unreadable) });
  };
  const first = ([one]: readonly Found[]) => void show(one?.file, one?.file.name ?? '');
  return (
    <>
      <h2>{say(texts.try)}</h2>
      <DropZone label={say(texts.tryNote)} onFiles={first}>
        <FilesButton label={say(texts.try)} accept="image/*" onFiles={(files) => first(chosenFiles(files))} />
        <Camera take={(picture) => void show(picture, say(texts.cameraName))} />
      </DropZone>
      {reason.value && <Trouble>{reason.value}</Trouble>}
      {shown.value && <Answered {...shown.value} />}
    </>
  );
}

const Answered = ({ seen, name, probabilities, made }: Answer & { readonly name: string }) => (
  <div class="answer">
    <Picture pixels={seen} label={name} />
    {probabilities && <Bars probabilities={probabilities} />}
    {made && (
      <figure class="made">
        <Picture pixels={made} label={say(texts.comesBack)} shown="made" />
        <figcaption class="note">{number(psnr(seen.data, made.data), 1)} dB</figcaption>
      </figure>
    )}
  </div>
);

const SHOWN = 10;

function Bars({ probabilities }: { readonly probabilities: readonly number[] }) {
  const rows = begun.value!.classes.map((name, i) => ({ name, probability: probabilities[i]! }));
  const sorted = rows.sort((a, b) => b.probability - a.probability).slice(0, SHOWN);
  return (
    <ol class="bars">
      {sorted.map(({ name, probability }) => (
        <li key={name} data-probability={probability} style={{ '--share': `${100 * probability}%` }}>
          <span>{name}</span> <span>{number(100 * probability, 1)} %</span>
        </li>
      ))}
    </ol>
  );
}
