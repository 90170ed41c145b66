/** All of one block: formula, shapes, cost, code, weights. */
import type { ComponentChildren } from 'preact';
import { number, say, type Text } from '../language.js';
import { type Block, type Layer, weightsOf } from './anatomy.js';
import { codeOf } from './code.js';
import './details.css';
import { branchOf, describeWhole, formulaOf, times } from './describe.js';
import { sideNames, stageName } from './names.js';
import { change, type Pair, sides, view } from './view.js';

const texts = {
  close: { en: 'Close', 'zh-CN': '关闭' },
  none: {
    en: 'Open a stage and choose one of its blocks: its formula, its code, its cost and its weights will stand here.',
    'zh-CN': '展开一个阶段并选择其中一个块：这里会显示它的公式、代码、开销和权重。',
  },
  title: { en: 'The chosen block', 'zh-CN': '所选的块' },
  itself: { en: 'x itself', 'zh-CN': 'x 本身' },
  cost: { en: 'Cost', 'zh-CN': '开销' },
  layer: { en: 'layer', 'zh-CN': '层' },
  output: { en: 'output', 'zh-CN': '输出' },
  parameters: { en: 'parameters', 'zh-CN': '参数' },
  multiplyAdds: { en: 'mult-adds', 'zh-CN': '乘加' },
  sum: { en: 'sum', 'zh-CN': '合计' },
  code: { en: 'In this library', 'zh-CN': '用本库编写' },
  weights: { en: 'Weights', 'zh-CN': '权重' },
};

/** The block that the address names, where both networks have it. */
export function chosenBlock(pair: Pair) {
  const [, name, id] = /^(\w+)\.(.+)$/.exec(view.value.at ?? '') ?? [];
  const side = sides.find((one) => one === name);
  const block = side && pair[side].stages.get(id!.split('.')[0]!)?.blocks.find((one) => one.id === id);
  return block && { side: side!, block };
}

export function Details({ pair }: { readonly pair: Pair }) {
  const chosen = chosenBlock(pair);
  return (
    <aside class={`details ${chosen?.side ?? ''}`} aria-label={say(texts.title)}>
      {chosen ? <About {...chosen} /> : <p class="note">{say(texts.none)}</p>}
    </aside>
  );
}

function About({ side, block }: NonNullable<ReturnType<typeof chosenBlock>>) {
  return (
    <>
      <div class="top">
        <h2>{block.join ? block.name : stageName(block.id)}</h2>
        <span class="side">{say(sideNames[side])}</span>
        <button type="button" onClick={() => change({ at: undefined })} aria-label={say(texts.close)}>
          ×
        </button>
      </div>
      <p class="formula">
        <code>{formulaOf(block)}</code>
      </p>
      {block.join && <Branches block={block} />}
      <p class="shapes">
        x {times(block.input)} → y {times(block.output)}
      </p>
      <h3>{say(texts.cost)}</h3>
      <Cost block={block} />
      <h3>{say(texts.code)}</h3>
      <Scrolls name={texts.code}>
        <pre>
          <code>{codeOf(block, { article: view.value.variant === 'article' })}</code>
        </pre>
      </Scrolls>
      <h3>{say(texts.weights)}</h3>
      <Weights block={block} />
    </>
  );
}

const Scrolls = ({ name, children }: { readonly name: Text; readonly children: ComponentChildren }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
  <section class="scrolls" tabIndex={0} aria-label={say(name)}>
    {children}
  </section>
);

const Branches = ({ block }: { readonly block: Block }) => (
  <dl class="branches">
    {(['left', 'right'] as const).map((branch) => {
      const layers = branchOf(block, branch);
      return (
        <div key={branch}>
          <dt>
            <code>{layers.length > 0 ? branch : 'x'}</code>
          </dt>
          <dd>
            {layers.length > 0 ? (
              <ol>
                {layers.map((layer) => (
                  <li key={layer.name}>{describeWhole(layer)}</li>
                ))}
              </ol>
            ) : (
              say(texts.itself)
            )}
          </dd>
        </div>
      );
    })}
  </dl>
);

const shortName = (block: Block, { name }: Layer) =>
  name.startsWith(block.name) ? name.slice(block.name.length).replace(/^[._]/, '') : name;

const Cost = ({ block }: { readonly block: Block }) => (
  <Scrolls name={texts.cost}>
    <table>
      <thead>
        <tr>
          {([texts.layer, texts.output, texts.parameters, texts.multiplyAdds] as const).map((text) => (
            <th key={text.en} scope="col">
              {say(text)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {block.layers.map((layer) => (
          <tr key={layer.name}>
            <th scope="row">{shortName(block, layer)}</th>
            <td>{layer.output.join('×')}</td>
            <td>{number(layer.parameters)}</td>
            <td>{number(layer.multiplyAdds)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{say(texts.sum)}</th>
          <td />
          <td>{number(block.parameters)}</td>
          <td>{number(block.multiplyAdds)}</td>
        </tr>
      </tfoot>
    </table>
  </Scrolls>
);

const Weights = ({ block }: { readonly block: Block }) => (
  <ul class="weights">
    {block.layers.flatMap(weightsOf).map(({ name, shape }) => (
      <li key={name}>
        <code>{name}</code> <small>[{shape.join(', ')}]</small>
      </li>
    ))}
  </ul>
);
