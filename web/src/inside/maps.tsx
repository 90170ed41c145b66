/** What each stage makes of an image, or of a vector. */
import type { Pixels } from '../../../src/data/pixels.js';
import type { Features, NamedFeatures } from '../../../src/inference/layers.js';
import { liveliest, mapPicture, principalPictures } from '../../../src/inference/map-pictures.js';
import { number, say } from '../language.js';
import { Picture } from '../ui/picture.js';
import { useAnswer } from './answer.js';
import { Pending } from './pending.js';
import { texts } from './texts.js';

/** Single channels that are shown of a stage. */
const SHOWN = 8;

interface Stage {
  readonly name: string;
  readonly maps: Features;
  readonly all: Pixels;
  readonly single: readonly { readonly channel: number; readonly pixels: Pixels }[];
}

interface Asked {
  /** Maps by the names of their stages. @throws for networks without stages */
  readonly ask: () => Promise<NamedFeatures>;
  readonly on: readonly unknown[];
  /** Light is then where this is light. */
  readonly image?: Pixels;
}

export function Maps({ ask, on, image }: Asked) {
  const answer = useAnswer(async () => {
    const stages: Stage[] = [];
    for (const [name, maps] of Object.entries(await ask())) {
      if (maps.shape.length !== 3) continue;
      await free();
      stages.push(pictured(name, maps, image));
    }
    return stages;
  }, on);
  return (
    <section class="maps">
      <h2>{say(texts.maps)}</h2>
      <p class="note">{say(answer.value?.length === 0 ? texts.noStages : texts.mapsNote)}</p>
      <Pending answer={answer} />
      <div class="articles">
        {answer.value?.map((stage) => (
          <StagePictures key={stage.name} stage={stage} />
        ))}
      </div>
    </section>
  );
}

/** Lets the page answer between two stages: components of many channels take a while. */
const free = () => new Promise((resolve) => setTimeout(resolve));

const pictured = (name: string, maps: Features, image: Pixels | undefined): Stage => ({
  name,
  maps,
  all: principalPictures([maps], image && [image])[0]!,
  single: liveliest(maps, SHOWN).map((channel) => ({ channel, pixels: mapPicture(maps, channel) })),
});

function StagePictures({ stage: { name, maps, all, single } }: { readonly stage: Stage }) {
  const [channels, height, width] = maps.shape as readonly [number, number, number];
  const title = titleOf(name);
  return (
    <article>
      <h3>{title}</h3>
      <p class="note">{say(texts.shape, { channels: number(channels), height, width })}</p>
      <div class="row">
        <div class="all">
          <Picture pixels={all} label={say(texts.allChannels, { stage: title })} shown={name} />
        </div>
        <div class="single">
          {single.map(({ channel, pixels }) => (
            <Picture key={channel} pixels={pixels} label={say(texts.channel, { channel })} />
          ))}
        </div>
      </div>
    </article>
  );
}

const TITLES = { encoder: texts.encoderStage, decoder: texts.decoderStage, '': texts.stageNamed };

/** `encoder.stage2` in words. */
function titleOf(name: string): string {
  const [, part = '', stage = ''] = /^(?:(encoder|decoder)\.)?stage(\d+)$/.exec(name) ?? [];
  return stage ? say(TITLES[part as keyof typeof TITLES], { stage }) : name;
}
