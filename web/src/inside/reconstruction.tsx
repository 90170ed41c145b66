/** An image through an autoencoder and back. */
import { psnr } from '../../../src/web-folder/page/quality.js';
import { number, say } from '../language.js';
import { Picture } from '../ui/picture.js';
import { useAnswer } from './answer.js';
import type { SeenImage } from './images.js';
import type { OpenedModel } from './opened-model.js';
import { Pending } from './pending.js';
import { texts } from './texts.js';

interface Asked {
  readonly model: OpenedModel;
  readonly image: SeenImage;
}

export function Reconstruction({ model, image }: Asked) {
  const answer = useAnswer(async () => {
    const made = await model.reconstruct(image.pixels);
    return { made, image, psnr: psnr(image.pixels.data, made.data) };
  }, [model, image]);
  const { value } = answer;
  const { space } = model;
  const label = say(texts.reconstruction);
  return (
    <section class="reconstruction" aria-busy={value?.image !== image}>
      <h2>{label}</h2>
      {value && (
        <p class="note">
          {say(space ? texts.reconstructionNote : texts.reconstructionPlain, {
            latent: number(space?.latent ?? 0),
            psnr: number(value.psnr, 1),
          })}
        </p>
      )}
      <Pending answer={answer} />
      {value && (
        <div class="pair">
          <Picture pixels={value.image.pixels} label={say(texts.seen, { name: value.image.name })} />
          <Picture pixels={value.made} label={label} shown="reconstruction" />
        </div>
      )}
    </section>
  );
}
