/** Explore: a network and its mirror, stage facing stage. */
import { useComputed, useSignal } from '@preact/signals';
import { settingNames } from '../../../src/models/index.js';
import { number, say } from '../language.js';
import { Trouble } from '../ui/trouble.js';
import { Detail } from './detail.js';
import './explore.css';
import { type Plan, plansOf } from './plan.js';
import { texts } from './texts.js';
import { Tower } from './tower.js';
import { look, MOST, type Side, viewed } from './view.js';

export default function Explore() {
  const asked = useComputed(() => {
    const { net, variant, size, classes } = viewed();
    return JSON.stringify({ net, variant, size, classes });
  });
  // only what is asked makes new plans, not every fold
  const plans = useComputed(() => {
    try {
      return plansOf(JSON.parse(asked.value));
    } catch (error) {
      return (error as Error).message;
    }
  });
  return (
    <div class="explore">
      <h1>{say(texts.title)}</h1>
      <Controls />
      {typeof plans.value === 'string' ? (
        <Trouble>{say(texts.impossible, { reason: plans.value })}</Trouble>
      ) : (
        <>
          <p class="note">{say(texts.share)}</p>
          <div class="towers">
            <Network side="forward" plan={plans.value.forward} />
            <Network side="mirror" plan={plans.value.mirror} />
          </div>
          <Detail plans={plans.value} />
        </>
      )}
    </div>
  );
}

function Controls() {
  const { net, variant, size, classes } = viewed();
  const copied = useSignal(false);
  const copy = async () => {
    await navigator.clipboard.writeText(location.href);
    copied.value = true;
  };
  const isCifar = net.startsWith('cifar');
  return (
    <div class="controls">
      <label>
        {say(texts.network)}
        <select
          value={net}
          onChange={({ currentTarget: { value } }) =>
            look({
              net: value,
              variant: undefined,
              size: value.startsWith('cifar') ? 32 : 224,
              open: [],
              block: undefined,
            })
          }
        >
          {settingNames.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {!isCifar && (
        <label>
          {say(texts.variant)}
          <select
            value={variant ?? ''}
            onChange={({ currentTarget: { value } }) => look({ variant: value || undefined, block: undefined })}
          >
            <option value="">{say(texts.usual)}</option>
            <option value="article">{say(texts.article)}</option>
          </select>
        </label>
      )}
      <Count name="size" value={size} />
      <Count name="classes" value={classes} />
      <button type="button" onClick={copy}>
        {say(copied.value ? texts.copied : texts.copy)}
      </button>
    </div>
  );
}

function Count({ name, value }: { readonly name: 'size' | 'classes'; readonly value: number }) {
  return (
    <label>
      {say(texts[name])}
      <input
        type="number"
        min={1}
        max={MOST[name]}
        value={value}
        onChange={({ currentTarget }) => look({ [name]: currentTarget.valueAsNumber })}
      />
    </label>
  );
}

function Network({ side, plan }: { readonly side: Side; readonly plan: Plan }) {
  const { parameters, multiplyAdds } = plan.summary;
  return (
    <section class={side} aria-labelledby={`${side}-name`}>
      <h2 id={`${side}-name`}>{say(texts[side])}</h2>
      <p class="totals">
        <strong data-figure="parameters">{number(parameters)}</strong> {say(texts.parameters)} ·{' '}
        <strong data-figure="multiply-adds">{number(multiplyAdds / 1e9, 2)}</strong> {say(texts.multiplyAdds)} ·{' '}
        {say(side === 'forward' ? texts.downwards : texts.upwards)}
      </p>
      <Tower side={side} plan={plan} />
    </section>
  );
}
