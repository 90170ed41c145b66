/** One network, its stages one upon the other: the mirror stands upside down, so that stages of one size face each other. */
import { number, say } from '../language.js';
import type { Block, Plan, Stage } from './plan.js';
import { texts } from './texts.js';
import { look, type Side, viewed } from './view.js';

export const shapeOf = (shape: readonly number[]): string => shape.join(' × ');

export function Tower({ side, plan }: { readonly side: Side; readonly plan: Plan }) {
  const upright = side === 'forward' ? plan.stages : plan.stages.toReversed();
  const most = Math.max(...plan.stages.map(({ multiplyAdds }) => multiplyAdds), 1);
  return (
    <ol class="tower">
      {upright.map((stage) => (
        <Floor key={stage.name} side={side} stage={stage} share={stage.multiplyAdds / most} />
      ))}
    </ol>
  );
}

function Floor({ side, stage, share }: { readonly side: Side; readonly stage: Stage; readonly share: number }) {
  const { open } = viewed();
  const { name, blocks, output } = stage;
  const isOpen = open.includes(name);
  const toggle = () => look({ open: isOpen ? open.filter((one) => one !== name) : [...open, name] });
  const upright = side === 'forward' ? blocks : blocks.toReversed();
  return (
    <li>
      <button type="button" class="floor" style={{ '--share': share }} aria-expanded={isOpen} onClick={toggle}>
        <span class="name">{nameOf(name)}</span>
        <span class="shape">{shapeOf(output)}</span>
        <span class="cost">{costs(stage)}</span>
      </button>
      {isOpen && (
        <ol class="blocks">
          {upright.map((block) => (
            <li key={block.name}>
              <BlockButton side={side} block={block} />
            </li>
          ))}
        </ol>
      )}
    </li>
  );
}

function BlockButton({ side, block }: { readonly side: Side; readonly block: Block }) {
  const { side: chosen, block: name } = viewed();
  const isChosen = chosen === side && name === block.name;
  return (
    <button
      type="button"
      class="block"
      aria-pressed={isChosen}
      onClick={() => look({ side, block: isChosen ? undefined : block.name })}
    >
      <span class="name">{block.name}</span>
      <span class="shape">{shapeOf(block.output)}</span>
      <span class="cost">{costs(block)}</span>
    </button>
  );
}

export function nameOf(stage: string): string {
  const [, count] = /^layer(\d+)$/.exec(stage) ?? [];
  if (count) return say(texts.stage, { number: count });
  return say(stage === 'stem' ? texts.stem : texts.head);
}

/** Parameters and multiply-adds in three digits: `25.6 M · 1.8 G`. */
const costs = ({ parameters, multiplyAdds }: Pick<Block, 'parameters' | 'multiplyAdds'>): string =>
  `${short(parameters)} · ${short(multiplyAdds)}`;

const UNITS = ['', 'k', 'M', 'G', 'T'] as const;

export function short(value: number): string {
  const step = Math.min(value >= 1 ? Math.floor(Math.log10(value) / 3) : 0, UNITS.length - 1);
  const scaled = value / 1000 ** step;
  return `${number(scaled, step > 0 && scaled < 100 ? 1 : 0)} ${UNITS[step]}`.trim();
}
