/** What the open model answers, by what it was trained to do. */
import { say } from '../language.js';
import { useAnswer } from './answer.js';
import { atHand, keepAtHand, vectorsOf } from './at-hand.js';
import { Between } from './between.js';
import { Classes } from './classes.js';
import { FileButton } from './file-button.js';
import type { SeenImage } from './images.js';
import { Latent } from './latent.js';
import { Maps } from './maps.js';
import type { OpenedModel } from './opened-model.js';
import { Pending } from './pending.js';
import { Reconstruction } from './reconstruction.js';
import { Samples } from './samples.js';
import { image, opened } from './session.js';
import { texts } from './texts.js';

export function Answers() {
  const [model, seen] = [opened.value, image.value];
  if (!model) return null;
  if (!model.takesImages && model.space) return <Samples model={model} space={model.space} />;
  if (!seen) return null;
  const asked = { model, image: seen };
  return (
    <>
      <div class="results">
        {model.card.task === 'classify' ? <Classes {...asked} /> : <Reconstruction {...asked} />}
        {model.space && <Between model={model} first={seen} />}
      </div>
      {model.space && <AroundImage {...asked} />}
      <Maps ask={() => model.maps(seen.pixels)} on={[model, seen]} image={seen.pixels} />
    </>
  );
}

function AroundImage({ model, image }: { readonly model: OpenedModel; readonly image: SeenImage }) {
  const answer = useAnswer(async () => ({ vector: await model.embed(image.pixels) }), [model, image]);
  const given = atHand.value;
  const others = useAnswer(() => vectorsOf(model, given), [model, given]);
  if (!answer.value) return <Pending answer={answer} />;
  return (
    <Latent model={model} center={answer.value} others={others.value ?? []}>
      <FileButton
        name="others"
        label={say(texts.moreImages)}
        accept="image/*"
        multiple
        take={(_, all) => takeAll(all)}
      />
    </Latent>
  );
}

const takeAll = (files: readonly File[]) => keepAtHand(files.map((file) => ({ file, name: file.name })));
