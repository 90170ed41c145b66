/** The parts of the page. Each is fetched when it is first opened. */
import type { ComponentType } from 'preact';
import type { Text } from './language.js';

export interface Part {
  readonly name: Text;
  /** One line below the name. */
  readonly purpose: Text;
  /** Where that which it shows comes from, and where it goes. */
  readonly privacy: Text;
  readonly load: () => Promise<{ readonly default: ComponentType }>;
}

const computedHere = {
  en: 'Everything is computed in this browser: what you show it stays here.',
  'zh-CN': '一切都在此浏览器中计算：你给它看的内容不会离开这里。',
};

/** First word of the address -> part; the first is where the page begins. */
export const parts = {
  explore: {
    name: { en: 'Explore', 'zh-CN': '探索' },
    purpose: { en: 'A residual network and its mirror, block by block', 'zh-CN': '逐块查看残差网络及其镜像' },
    privacy: computedHere,
    load: () => import('./explore/index.js'),
  },
  inside: {
    name: { en: 'Look inside', 'zh-CN': '观察内部' },
    purpose: { en: 'A trained network at work on your image', 'zh-CN': '训练好的网络如何处理你的图像' },
    privacy: computedHere,
    load: () => import('./inside/index.js'),
  },
  train: {
    name: { en: 'Train', 'zh-CN': '训练' },
    purpose: { en: 'Teach a small network your own images', 'zh-CN': '用你自己的图像教一个小网络' },
    privacy: computedHere,
    load: () => import('./train/index.js'),
  },
  runs: {
    name: { en: 'Runs', 'zh-CN': '训练记录' },
    purpose: { en: 'Trainings as they go on, and side by side', 'zh-CN': '查看进行中的训练，并排对比' },
    privacy: {
      en: 'Runs are read from the server that this page came from; nothing is changed there.',
      'zh-CN': '训练记录读自提供本页的服务器；不会在那里做任何更改。',
    },
    load: () => import('./runs/index.js'),
  },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof parts;
