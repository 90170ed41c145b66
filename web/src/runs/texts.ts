/** What the part says. */
import type { Text } from '../language.js';
import type { RunSummary } from './api.js';

export const texts = {
  epoch: { en: 'Epoch', 'zh-CN': '轮次' },
  heading: { en: 'Runs', 'zh-CN': '训练记录' },
  asking: { en: 'Asking the server…', 'zh-CN': '正在询问服务器…' },
  live: { en: 'Live', 'zh-CN': '实时' },
  lost: {
    en: 'The connection to the server is lost. What you see may be out of date; the page tries again by itself.',
    'zh-CN': '与服务器的连接已断开。所见内容可能已过时；页面会自动重试。',
  },
  absentHeading: { en: 'No server answers here', 'zh-CN': '此处没有服务器' },
  absent: {
    en: 'This page was opened from plain files. Runs lie on the machine that trains, so this part needs a server there:',
    'zh-CN': '此页面来自静态文件。训练记录保存在进行训练的计算机上，因此这一部分需要那里的服务器：',
  },
  keyHeading: { en: 'The server asks for a key', 'zh-CN': '服务器需要密钥' },
  key: { en: 'Key', 'zh-CN': '密钥' },
  useKey: { en: 'Use it', 'zh-CN': '使用' },
  keyKept: { en: 'It is kept until this tab is closed.', 'zh-CN': '密钥保留到关闭此标签页为止。' },
  emptyHeading: { en: 'No runs yet', 'zh-CN': '还没有训练记录' },
  empty: {
    en: 'Train a first network on pictures that the program draws; it appears here while it learns:',
    'zh-CN': '用程序绘制的图片训练第一个网络；它会在学习过程中出现在这里：',
  },
  choose: { en: 'Compare {name}', 'zh-CN': '对比 {name}' },
  chooseHint: { en: 'Open a run, or tick several to compare.', 'zh-CN': '打开一个记录，或勾选多个进行对比。' },
  compare: { en: 'Compare {n} runs', 'zh-CN': '对比 {n} 个记录' },
  most: { en: 'At most {n} runs are compared at once.', 'zh-CN': '最多同时对比 {n} 个记录。' },
  all: { en: 'All runs', 'zh-CN': '全部记录' },
  epochsOf: { en: '{done} of {planned} epochs', 'zh-CN': '{done} / {planned} 轮' },
  on: { en: '{network} on {data}', 'zh-CN': '{network}，数据 {data}' },
  curve: { en: 'Validation loss, last {last}', 'zh-CN': '验证损失，最新 {last}' },
  nothing: {
    en: 'Nothing is recorded yet: the first steps appear by themselves.',
    'zh-CN': '尚无记录：最初几步会自动出现。',
  },
  made: { en: 'Made from random points', 'zh-CN': '由随机点生成' },
  reconstructed: {
    en: 'Reconstructions, each row below its images',
    'zh-CN': '重建结果，各行位于原图下方',
  },
  settings: { en: 'Settings', 'zh-CN': '设置' },
  differing: { en: 'Settings that differ', 'zh-CN': '不同的设置' },
  same: { en: 'The runs have the same settings.', 'zh-CN': '这些记录的设置相同。' },
  results: { en: 'Results', 'zh-CN': '结果' },

  state: { en: 'State', 'zh-CN': '状态' },
  network: { en: 'Network', 'zh-CN': '网络' },
  data: { en: 'Images', 'zh-CN': '图像' },
  epochs: { en: 'Epochs', 'zh-CN': '轮次' },
  loss: { en: 'Loss now', 'zh-CN': '当前损失' },
  best: { en: 'Best {figure}', 'zh-CN': '最佳{figure}' },
  bestFigure: { en: 'Best figure', 'zh-CN': '最佳指标' },
  afterEpoch: { en: 'after epoch {epoch}', 'zh-CN': '第 {epoch} 轮之后' },
  leastLoss: { en: 'Least validation loss', 'zh-CN': '最小验证损失' },
  speed: { en: 'Images per second', 'zh-CN': '每秒图像数' },
  rate: { en: 'Learning rate', 'zh-CN': '学习率' },
  left: { en: 'Time left', 'zh-CN': '剩余时间' },
  time: { en: 'Time', 'zh-CN': '用时' },
} satisfies Record<string, Text>;

export const states: Readonly<Record<RunSummary['state'], Text>> = {
  running: { en: 'running', 'zh-CN': '进行中' },
  ended: { en: 'ended', 'zh-CN': '已结束' },
  interrupted: { en: 'interrupted', 'zh-CN': '已中断' },
  damaged: { en: 'damaged', 'zh-CN': '已损坏' },
};

export const tasks: Readonly<Record<string, Text>> = {
  classify: { en: 'classify', 'zh-CN': '分类' },
  reconstruct: { en: 'reconstruct', 'zh-CN': '重建' },
  generate: { en: 'generate', 'zh-CN': '生成' },
};

/** The names of figures by which runs choose their best epoch. */
export const figures: Readonly<Record<string, Text>> = {
  accuracy: { en: 'accuracy', 'zh-CN': '准确率' },
  ELBO: { en: 'ELBO', 'zh-CN': ' ELBO' },
  PSNR: { en: 'PSNR', 'zh-CN': ' PSNR' },
  'Fréchet distance': { en: 'Fréchet distance', 'zh-CN': ' Fréchet 距离' },
};
