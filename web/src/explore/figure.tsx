/**
 * Both networks beside each other: data go down on the left and up on the right, so that stages of one size face each other. Stages unfold
 * to blocks, blocks to layers.
 */
import { type ComponentChildren, Fragment } from 'preact';
import { say } from '../language.js';
import { Amounts } from './amounts.js';
import type { Block, Figures, Layer, Stage } from './anatomy.js';
import { branchOf, describeWhole, times } from './describe.js';
import { Details } from './details.js';
import { moveFocus } from './keyboard.js';
import { MapTile } from './map-tile.js';
import { isPlain, sideNames, stageName } from './names.js';
import { change, type Pair, type Side, sides, toggle, view } from './view.js';
import { wide } from './width.js';

const texts = {
  figure: { en: 'Stages of both networks', 'zh-CN': '两个网络的各个阶段' },
  blocks: { en: '{n} blocks', 'zh-CN': '{n} 个块' },
  block: { en: '1 block', 'zh-CN': '1 个块' },
  layersOf: { en: 'Layers of {block}', 'zh-CN': '{block} 的各层' },
  shortcut: { en: 'shortcut', 'zh-CN': '捷径' },
  identity: { en: 'x itself', 'zh-CN': 'x 本身' },
  closer: { en: 'Code and weights', 'zh-CN': '代码与权重' },
  down: { en: 'image in, scores out', 'zh-CN': '输入图像，输出分数' },
  up: { en: 'vector in, image out', 'zh-CN': '输入向量，输出图像' },
  hint: {
    en: 'Shapes are as wide as channels are many, and as high as the maps at their deep end. Open a stage, then choose a block.',
    'zh-CN': '图形的宽度表示通道数，高度表示较深一端特征图的边长。展开一个阶段，然后选择一个块。',
  },
};

export function Figure({ pair }: { readonly pair: Pair }) {
  const ids = [...pair.forward.stages.keys()];
  return (
    <section class="figure" aria-label={say(texts.figure)}>
      <p class="note">{say(texts.hint)}</p>
      <div class="ways" aria-hidden="true">
        <span class="forward">↓ {say(texts.down)}</span>
        <span class="mirror">↑ {say(texts.up)}</span>
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows lead from button to button, which are keyboard enough by themselves */}
      <div class="stages" onKeyDown={moveFocus}>
        {ids.map((id) => (
          <StageRow key={id} id={id} pair={pair} />
        ))}
      </div>
    </section>
  );
}

interface Placed {
  readonly pair: Pair;
  readonly id: string;
}

const partsOf = ({ pair, id }: Placed): { readonly [S in Side]: Stage } => ({
  forward: pair.forward.stages.get(id)!,
  mirror: pair.mirror.stages.get(id)!,
});

function StageRow({ pair, id }: Placed) {
  const stages = partsOf({ pair, id });
  const open = view.value.open.includes(id);
  const ids = stages.forward.blocks.map((block) => block.id);
  return (
    <section class={`stage ${open ? 'open' : ''}`} aria-label={stageName(id)}>
      <div class="row">
        <Unfold id={id}>
          <strong>{stageName(id)}</strong>{' '}
          {!isPlain(id) && <small>{ids.length === 1 ? say(texts.block) : say(texts.blocks, { n: ids.length })}</small>}
        </Unfold>
        {sides.map((side) => (
          <Cell key={side} {...{ side, pair }} part={stages[side]} />
        ))}
      </div>
      {open && ids.map((block) => <BlockRow key={block} id={block} {...{ pair, stages }} />)}
    </section>
  );
}

interface UnfoldProps {
  readonly id: string;
  /** Where what it holds does not say enough. */
  readonly name?: string;
  readonly children: ComponentChildren;
}
const Unfold = ({ id, name, children }: UnfoldProps) => (
  <button
    type="button"
    class="unfold"
    data-column="middle"
    aria-expanded={view.value.open.includes(id)}
    aria-label={name}
    onClick={() => toggle(id)}
  >
    {children}
  </button>
);

interface CellProps {
  readonly side: Side;
  readonly pair: Pair;
  readonly part: Figures;
}
const tallestOf = ({ forward }: Pair): number => forward.stages.get('stem')!.output[1]!;

/** The map that comes out, and what it costs. */
const Cell = ({ side, pair, part }: CellProps) => (
  <div class={`cell ${side}`}>
    <MapTile part={part} side={side} tallest={tallestOf(pair)} />
    <div class="text">
      <span class="shape whole">{times(part.output)}</span>
      <Amounts part={part} whole={pair[side]} />
    </div>
  </div>
);

function BlockRow({ pair, id, stages }: Placed & { readonly stages: { readonly [S in Side]: Stage } }) {
  const found = (side: Side) => stages[side].blocks.find((block) => block.id === id)!;
  const blocks = { forward: found('forward'), mirror: found('mirror') };
  const open = isPlain(id) || view.value.open.includes(id);
  const chosen = sides.find((side) => view.value.at === `${side}.${id}`);
  return (
    <Fragment>
      <div class="row block">
        {isPlain(id) ? <span /> : <Unfold id={id} name={say(texts.layersOf, { block: id })} children={id} />}
        {sides.map((side) => (
          <BlockCell key={side} block={blocks[side]} {...{ side, pair }} />
        ))}
      </div>
      {chosen && !wide.value && <Details pair={pair} />}
      {open && (
        <div class="row layers" style={{ '--rows': Math.max(...sides.map((side) => blocks[side].layers.length)) + 1 }}>
          <span />
          {sides.map((side) => (
            <Layers key={side} block={blocks[side]} {...{ side, pair }} />
          ))}
        </div>
      )}
    </Fragment>
  );
}

interface BlockProps {
  readonly block: Block;
  readonly side: Side;
  readonly pair: Pair;
}

function BlockCell({ block, side, pair }: BlockProps) {
  const at = `${side}.${block.id}`;
  const chosen = view.value.at === at;
  return (
    <button
      type="button"
      class={`${isPlain(block.id) ? 'plain' : 'cell'} ${side}`}
      data-column={side}
      data-at={at}
      aria-pressed={chosen}
      onClick={() => change({ at: chosen ? undefined : at })}
    >
      <span class="unseen">
        {isPlain(block.id) ? `${say(sideNames[side])}, ${stageName(block.id)}` : say(sideNames[side])}:{' '}
      </span>
      {isPlain(block.id) ? (
        say(texts.closer)
      ) : (
        <>
          <MapTile part={block} side={side} tallest={tallestOf(pair)} />
          <span class="text">
            <code>{block.name}</code> <span class="shape">{times(block.output)}</span>
            <Amounts part={block} whole={pair[side]} />
          </span>
        </>
      )}
    </button>
  );
}

/** The mirror's from its last to its first, as they face those of the network. */
const facing = (side: Side, layers: readonly Layer[]) => (side === 'mirror' ? layers.toReversed() : layers);

function Layers({ block, side, pair }: BlockProps) {
  const [left, right] = (['left', 'right'] as const).map((branch) => facing(side, branchOf(block, branch)));
  return (
    <ul class={`list ${side}`} aria-label={`${say(sideNames[side])}: ${block.name}`}>
      {[...left!, ...right!].map((layer) => (
        <li key={layer.name} class={layer.branch} data-layer={layer.name}>
          <span class="heading">
            <code class="name">
              {layer.name.slice(layer.name.startsWith(`${block.name}.`) ? block.name.length + 1 : 0)}
            </code>
            {layer.branch === 'right' && <em>{say(texts.shortcut)}</em>}
            <span class="shape">{times(layer.output)}</span>
          </span>
          <span class="what">{describeWhole(layer)}</span>
          {layer.multiplyAdds > 0 && <Amounts part={layer} whole={pair[side]} />}
        </li>
      ))}
      {block.join && right!.length === 0 && (
        <li class="right">
          <span class="heading">
            <em>{say(texts.shortcut)}</em>
            {say(texts.identity)}
          </span>
        </li>
      )}
    </ul>
  );
}
