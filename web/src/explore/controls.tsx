/** Which network, at which size; and the address of what is shown. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { settingNames } from '../../../src/models/index.js';
import { say, type Text } from '../language.js';
import { change, changeNet, hasArticle, limits, step, type Variant, variants, view } from './view.js';

const texts = {
  network: { en: 'Network', 'zh-CN': '网络' },
  variant: { en: 'Variant', 'zh-CN': '变体' },
  size: { en: 'Image side', 'zh-CN': '图像边长' },
  classes: { en: 'Classes', 'zh-CN': '类别数' },
  latent: { en: 'Mirror’s vector', 'zh-CN': '镜像的向量' },
  copy: { en: 'Copy link', 'zh-CN': '复制链接' },
  copied: { en: 'Link copied', 'zh-CN': '已复制' },
  uncopied: { en: 'Copy it from the address bar', 'zh-CN': '请从地址栏复制' },
  image: { en: 'For photographs', 'zh-CN': '用于照片' },
  cifar: { en: 'For small images', 'zh-CN': '用于小图像' },
} as const;

const variantNames: { readonly [V in Variant]: Text } = {
  mirror: { en: 'standard', 'zh-CN': '标准' },
  article: { en: 'the article’s', 'zh-CN': '文章版' },
};

const Field = ({ name, children }: { readonly name: Text; readonly children: ComponentChildren }) => (
  // biome-ignore lint/a11y/noLabelWithoutControl: what is labelled comes as a child
  <label class="field">
    <span>{say(name)}</span>
    {children}
  </label>
);

const groups = [
  [texts.image, settingNames.filter((name) => !name.startsWith('cifar'))],
  [texts.cifar, settingNames.filter((name) => name.startsWith('cifar'))],
] as const;

export function Controls() {
  const { net, variant } = view.value;
  return (
    <form class="controls" onSubmit={(event) => event.preventDefault()}>
      <Field name={texts.network}>
        <select value={net} name="net" onChange={({ currentTarget }) => changeNet(currentTarget.value)}>
          {groups.map(([label, names]) => (
            <optgroup key={label.en} label={say(label)}>
              {names.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </optgroup>
          ))}
        </select>
      </Field>
      <Field name={texts.variant}>
        <select
          value={variant}
          name="variant"
          onChange={({ currentTarget }) => change({ variant: currentTarget.value as Variant })}
        >
          {variants.map((name) => (
            <option key={name} value={name} disabled={name === 'article' && !hasArticle(net)}>
              {say(variantNames[name])}
            </option>
          ))}
        </select>
      </Field>
      <Count name="size" label={texts.size} by={step.value} />
      <Count name="classes" label={texts.classes} />
      <Count name="latent" label={texts.latent} />
      <CopyLink />
    </form>
  );
}

/** A whole number; what is none is put back. */
function Count({
  name,
  label,
  by = 1,
}: {
  readonly name: keyof typeof limits;
  readonly label: Text;
  readonly by?: number;
}) {
  const value = view.value[name];
  const most = limits[name];
  const take = (field: HTMLInputElement) => {
    const given = field.valueAsNumber;
    if (Number.isInteger(given) && given >= 1 && given <= most) change({ [name]: given });
    else field.value = `${value}`;
  };
  return (
    <Field name={label}>
      <input
        type="number"
        name={name}
        min={by}
        max={most}
        step={by}
        value={value}
        onChange={({ currentTarget }) => take(currentTarget)}
      />
    </Field>
  );
}

function CopyLink() {
  const said = useSignal<Text>(texts.copy);
  const copy = () => {
    const done = (text: Text) => {
      said.value = text;
      setTimeout(() => {
        said.value = texts.copy;
      }, 2500);
    };
    // browsers give the clipboard to safe origins alone
    if (!navigator.clipboard) return done(texts.uncopied);
    navigator.clipboard.writeText(location.href).then(
      () => done(texts.copied),
      () => done(texts.uncopied),
    );
  };
  return (
    <button type="button" class="copy" onClick={copy}>
      <span role="status">{say(said.value)}</span>
    </button>
  );
}
