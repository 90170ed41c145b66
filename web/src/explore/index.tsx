/** A residual network and its mirror, stage facing stage, down to single layers. */
import { say } from '../language.js';
import { Trouble } from '../ui/trouble.js';
import { Controls } from './controls.js';
import { Details } from './details.js';
import './explore.css';
import { Figure } from './figure.js';
import { Totals } from './totals.js';
import { change, nearestSize, pair, step, view } from './view.js';
import { wide } from './width.js';

const texts = {
  title: { en: 'A network and its mirror', 'zh-CN': '网络与它的镜像' },
  refused: {
    en: 'The address asks for {what}, which there is none of; what is usual is shown instead.',
    'zh-CN': '地址要求 {what}，但没有这样的选项；显示的是常用值。',
  },
  size: {
    en: 'This network halves its images until they are {n} times smaller, so height and width have to be multiples of {n}, not {size}.',
    'zh-CN': '此网络会把图像缩小到 {n} 分之一，所以高和宽必须是 {n} 的倍数，而不是 {size}。',
  },
  nearest: { en: 'Use {size}', 'zh-CN': '使用 {size}' },
};

export default function Explore() {
  const both = pair.value;
  const { refused } = view.value;
  return (
    <div class="explore">
      <h1>{say(texts.title)}</h1>
      {refused.length > 0 && <Trouble>{say(texts.refused, { what: refused.join(', ') })}</Trouble>}
      <Controls />
      {both ? (
        <>
          <Totals pair={both} />
          <div class="views">
            <Figure pair={both} />
            {wide.value && <Details pair={both} />}
          </div>
        </>
      ) : (
        <UnevenSize />
      )}
    </div>
  );
}

function UnevenSize() {
  const nearest = nearestSize();
  return (
    <>
      <Trouble>{say(texts.size, { n: step.value, size: view.value.size })}</Trouble>
      <button type="button" class="main" onClick={() => change({ size: nearest })}>
        {say(texts.nearest, { size: nearest })}
      </button>
    </>
  );
}
