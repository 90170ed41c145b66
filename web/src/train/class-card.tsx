/** Images that were gathered: those of a class, or all of them. */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { number, say } from '../language.js';
import { Camera } from '../ui/camera.js';
import { FilesButton } from './files-button.js';
import {
  addImages,
  addPicture,
  classes,
  type Gathered,
  removeAll,
  removeClass,
  removeImage,
  renameClass,
  total,
} from './gathered.js';
import type { GivenFile } from './messages.js';
import { texts } from './texts.js';

export const ClassCard = ({ gathered }: { readonly gathered: Gathered }) => {
  const { id, name, files } = gathered;
  return (
    <section class="class-card" aria-label={name}>
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
      <Thumbnails of={[gathered]} />
      <div class="class-foot">
        <span class="note">{say(texts.images, { count: number(files.length) })}</span>
        <FilesButton
          label={say(texts.add)}
          described={say(texts.addImages, { name })}
          accept="image/*"
          multiple
          onFiles={(chosen) => addImages(id, [...(chosen ?? [])])}
        />
        <Camera series take={(picture) => addPicture(id, picture)} />
      </div>
    </section>
  );
};

/** All images, whatever folder they came in. */
export const Pile = () => (
  <section class="class-card" aria-label={say(texts.images, { count: number(total.value) })}>
    <Thumbnails of={classes.value} />
    <div class="class-foot">
      <span class="note">{say(texts.images, { count: number(total.value) })}</span>
      <button type="button" onClick={removeAll}>
        {say(texts.removeAll)}
      </button>
    </div>
  </section>
);

/** How many are shown at first, and how many more each time. */
const SHOWN = 12;
const MORE = 60;

/** The images that came last, which a click removes. */
function Thumbnails({ of }: { readonly of: readonly Gathered[] }) {
  const most = useSignal(SHOWN);
  const all = of.flatMap(({ id, files }) => files.map((given) => ({ id, given }))).reverse();
  return (
    <>
      <div class="thumbnails">
        {all.slice(0, most.value).map(({ id, given }) => (
          <Thumbnail key={`${id}/${given.path}`} given={given} remove={() => removeImage(id, given.path)} />
        ))}
      </div>
      {all.length > most.value && (
        <button
          type="button"
          class="quiet more"
          onClick={() => {
            most.value += MORE;
          }}
        >
          {say(texts.more, { count: number(Math.min(MORE, all.length - most.value)) })}
        </button>
      )}
    </>
  );
}

interface ThumbnailProps {
  readonly given: GivenFile;
  readonly remove: () => void;
}

/** One that cannot be shown leaves its place empty. */
function Thumbnail({ given: { path, file }, remove }: ThumbnailProps) {
  const address = useMemo(() => URL.createObjectURL(file), [file]);
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  const label = say(texts.remove, { name: path });
  return (
    <button
      type="button"
      class="thumbnail"
      aria-label={label}
      title={label}
      onClick={({ currentTarget }) => {
        const next = currentTarget.nextElementSibling ?? currentTarget.previousElementSibling;
        (next as HTMLElement | null)?.focus(); // or the keyboard would begin at the top of the page again
        remove();
      }}
    >
      <img
        src={address}
        alt=""
        decoding="async"
        onError={({ currentTarget }) => {
          currentTarget.style.visibility = 'hidden';
        }}
      />
    </button>
  );
}
