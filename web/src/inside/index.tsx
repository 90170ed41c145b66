/** A trained model, opened and shown an image: what it says, and what happens on the way. */
import { useEffect } from 'preact/hooks';
import { say } from '../language.js';
import { route } from '../route.js';
import { Camera } from '../ui/camera.js';
import { Picture } from '../ui/picture.js';
import { Trouble } from '../ui/trouble.js';
import { Answers } from './answers.js';
import { DeviceChoice } from './device-choice.js';
import { inWords } from './failure.js';
import { FileButton } from './file-button.js';
import type { OpenedModel } from './opened-model.js';
import { busy, image, openAddress, opened, openFiles, openImage, openModel, trouble } from './session.js';
import { texts } from './texts.js';
import './inside.css';

export default function Inside() {
  useDropped();
  const address = route.value.query.get('model');
  useEffect(() => {
    if (address) void openAddress(address);
  }, [address]);
  return (
    <div class="inside">
      <h1>{say(texts.title)}</h1>
      <p class="note lead">{say(texts.intro)}</p>
      <div class="given">
        <GivenModel />
        <GivenImage />
      </div>
      <p class="note" role="status">
        {busy.value && say(busy.value.text, { name: busy.value.name })}
      </p>
      {trouble.value && <Trouble>{inWords(trouble.value)}</Trouble>}
      <Answers />
    </div>
  );
}

/** Files that are dropped or pasted anywhere. */
function useDropped(): void {
  useEffect(() => {
    const take = (files: FileList | undefined) => void openFiles([...(files ?? [])]);
    const over = (event: DragEvent) => event.preventDefault(); // or the browser would leave the page for the file
    const drop = (event: DragEvent) => {
      event.preventDefault();
      take(event.dataTransfer?.files);
    };
    const paste = ({ clipboardData }: ClipboardEvent) => take(clipboardData?.files);
    addEventListener('dragover', over);
    addEventListener('drop', drop);
    addEventListener('paste', paste);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('drop', drop);
      removeEventListener('paste', paste);
    };
  }, []);
}

function GivenModel() {
  const model = opened.value;
  return (
    <section class="card">
      <h2>{say(texts.model)}</h2>
      {model ? <Facts model={model} /> : <p class="note">{say(texts.modelHint)}</p>}
      <FileButton
        name="model"
        label={say(model ? texts.otherModel : texts.chooseModel)}
        accept=".safetensors"
        main={!model}
        take={(file) => void openModel(file, file.name)}
      />
      {model && <DeviceChoice model={model} />}
    </section>
  );
}

function Facts({ model: { name, model, card } }: { readonly model: OpenedModel }) {
  const [height, width] = card.preprocessing.size;
  const what = { classify: texts.knows, reconstruct: texts.reconstructs, generate: texts.generates }[card.task];
  return (
    <>
      <p class="named">{name}</p>
      <p class="note">
        {model.network.name} · {say(what, { count: card.classes.length })}
        {card.task !== 'generate' && ` · ${say(texts.sees, { width, height })}`}
      </p>
    </>
  );
}

function GivenImage() {
  const seen = image.value;
  const model = opened.value;
  if (model && !model.takesImages) return null;
  return (
    <section class="card">
      <h2>{say(texts.image)}</h2>
      {seen ? (
        <Picture pixels={seen.pixels} label={say(texts.seen, { name: seen.name })} />
      ) : (
        <p class="note">{say(texts.imageHint)}</p>
      )}
      {seen && <p class="named">{seen.name}</p>}
      <div class="row">
        <FileButton
          name="image"
          label={say(seen ? texts.otherImage : texts.chooseImage)}
          accept="image/*"
          main={Boolean(model) && !seen}
          take={(file) => void openImage(file, file.name)}
        />
        {model && <Camera take={(file) => void openImage(file, say(texts.cameraName))} />}
      </div>
    </section>
  );
}
