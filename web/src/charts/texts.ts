/** What charts say. */
import type { Text } from '../language.js';

export const texts = {
  step: { en: 'Step', 'zh-CN': '步' },
  epoch: { en: 'Epoch', 'zh-CN': '轮次' },
  bySteps: { en: 'over steps', 'zh-CN': '按步' },
  byEpochs: { en: 'over epochs', 'zh-CN': '按轮次' },
  numbers: { en: 'In numbers', 'zh-CN': '数值' },
  lastRows: { en: 'The last {rows} rows.', 'zh-CN': '最后 {rows} 行。' },
  chartSays: { en: '{title}, last values: {last}', 'zh-CN': '{title}，最新数值：{last}' },
} satisfies Record<string, Text>;
