/** Reasons of failures in the languages of the page: the library and browsers give them in English. */
import { type ErrorCode, UserError } from '../../src/errors.js';
import type { Language, Text } from './language.js';

/** What went wrong, as workers tell it too. */
export interface Why {
  readonly reason: string;
  readonly code?: ErrorCode;
}

export const whyOf = (error: unknown): Why => ({
  reason: error instanceof Error ? error.message : `${error}`,
  ...(error instanceof UserError && error.code && { code: error.code }),
});

/** Kinds of failures in words that need no more than the kind; the message beside them has the particulars. */
const kinds: { readonly [C in ErrorCode]: { readonly [L in Exclude<Language, 'en'>]: string } } = {
  'damaged-file': { 'zh-CN': '文件已损坏或不完整，请重新获取或保存' },
  'not-a-model': {
    'zh-CN': '文件中没有 resmirror 模型；这种模型由 resmirror train 写出，其他权重可用 resmirror import 转换',
  },
  'other-weights': { 'zh-CN': '文件中的权重与其描述的网络不符' },
  'damaged-description': { 'zh-CN': '文件中的模型描述已损坏，或来自更新的版本' },
  'too-few-images': { 'zh-CN': '图像太少，无法留出一部分用于检验：至少有一个类别需要两张' },
  'unreadable-class': { 'zh-CN': '有一个类别的图像全部无法读取；请为它提供此浏览器支持的格式' },
  'unreadable-images': { 'zh-CN': '没有一张图像可以读取；请提供此浏览器支持的格式' },
  diverged: { 'zh-CN': '训练发散，损失不再是有限的数' },
  'no-engine': { 'zh-CN': '无法获取本页旁的计算引擎；请检查连接' },
};

/** Names and English messages are the same everywhere. */
export const inEveryLanguage = (text: string): Text => ({ en: text, 'zh-CN': text });

export const reasonIn = ({ reason, code }: Why): Text =>
  code ? { en: reason, 'zh-CN': `${kinds[code]['zh-CN']}（${reason}）` } : inEveryLanguage(reason);

export const reasonOf = (error: unknown): Text => reasonIn(whyOf(error));
