/** The block that is looked at: its formula, its layers, what they cost and what their weights are called. */
import { say } from '../language.js';
import { type Block, formulaOf, type Plan } from './plan.js';
import { texts } from './texts.js';
import { shapeOf, short } from './tower.js';
import { type Side, type View, viewed } from './view.js';

export function Detail({ plans }: { readonly plans: { readonly [S in Side]: Plan } }) {
  const view = viewed();
  const block = plans[view.side].stages.flatMap(({ blocks }) => blocks).find(({ name }) => name === view.block);
  return (
    <section class={`detail ${view.side}`} aria-live="polite">
      {block ? <Shown block={block} view={view} /> : <p class="note">{say(texts.choose)}</p>}
    </section>
  );
}

function Shown({ block, view }: { readonly block: Block; readonly view: View }) {
  const isBlock = block.layers.some(({ kind }) => kind.startsWith('Add'));
  return (
    <>
      <h2>{block.name}</h2>
      {isBlock && <p class="formula">{formulaOf(block)}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys */}
      <section class="table" tabIndex={0} aria-label={block.name}>
        <table>
          <thead>
            <tr>
              <th scope="col">{say(texts.layer)}</th>
              <th scope="col">{say(texts.does)}</th>
              <th scope="col">{say(texts.result)}</th>
              <th scope="col">{say(texts.parameters)}</th>
              <th scope="col">{say(texts.multiplyAdds).replace(/^G\s*/, '')}</th>
              <th scope="col">{say(texts.weights)}</th>
            </tr>
          </thead>
          <tbody>
            {block.layers.map((layer) => (
              <tr key={layer.layer}>
                <th scope="row">{layer.layer || '–'}</th>
                <td>
                  {layer.kind}
                  {layer.kernel && ` ${layer.kernel.join('×')}`}
                  {(layer.stride ?? 1) > 1 && ` / ${layer.stride}`}
                </td>
                <td>{shapeOf(layer.output)}</td>
                <td class="figure">{short(layer.parameters)}</td>
                <td class="figure">{short(layer.multiplyAdds)}</td>
                <td>
                  <code>{layer.weights.map((name) => name.slice(layer.layer.length + 1)).join(', ')}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="note">{say(texts.command)}</p>
      <pre>
        <code>{commandOf(view)}</code>
      </pre>
    </>
  );
}

const commandOf = ({ net, variant, size, classes, side }: View): string =>
  [
    'resmirror summary',
    side === 'mirror' ? `transpose-${net}` : net,
    `--size ${size}`,
    variant && `--variant ${variant}`,
    side === 'forward' && `--classes ${classes}`,
  ]
    .filter(Boolean)
    .join(' ');
