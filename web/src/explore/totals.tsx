/** What both networks cost as a whole. */
import { number, say } from '../language.js';
import { scaled } from './amounts.js';
import { times } from './describe.js';
import { sideNames } from './names.js';
import { type Pair, sides } from './view.js';

const texts = {
  ways: {
    forward: { en: 'from an image to scores of classes:', 'zh-CN': '从图像到各类别的分数：' },
    mirror: { en: 'from a vector to an image:', 'zh-CN': '从向量到图像：' },
  },
  parameters: { en: 'parameters', 'zh-CN': '个参数' },
  multiplyAdds: { en: 'multiply-adds', 'zh-CN': '次乘加' },
};

export const Totals = ({ pair }: { readonly pair: Pair }) => (
  <div class="totals">
    {sides.map((side) => {
      const { network, input, output, parameters, multiplyAdds } = pair[side];
      return (
        <section key={side} class={`total ${side}`} aria-label={say(sideNames[side])}>
          <h2>{network.name}</h2>
          <p class="note">
            {say(texts.ways[side])}{' '}
            <span class="through">
              {times(input)} → {times(output)}
            </span>
          </p>
          <dl>
            <div class="sum">
              <dd>{number(parameters)}</dd>
              <dt>{say(texts.parameters)}</dt>
            </div>
            <div class="sum">
              <dd>{scaled(multiplyAdds)}</dd>
              <dt>{say(texts.multiplyAdds)}</dt>
            </div>
          </dl>
        </section>
      );
    })}
  </div>
);
