/** What stages and sides are called. */
import { say, type Text } from '../language.js';
import type { Side } from './view.js';

export const sideNames: { readonly [S in Side]: Text } = {
  forward: { en: 'Network', 'zh-CN': '网络' },
  mirror: { en: 'Mirror', 'zh-CN': '镜像' },
};

const ends = {
  stem: { en: 'Stem', 'zh-CN': '起始层' },
  head: { en: 'Head', 'zh-CN': '输出层' },
};
const stage = { en: 'Stage {n}', 'zh-CN': '阶段 {n}' };

/** Stem and head, which have no blocks. */
export const isPlain = (id: string): id is keyof typeof ends => Object.hasOwn(ends, id);

export const stageName = (id: string): string => (isPlain(id) ? say(ends[id]) : say(stage, { n: id }));
