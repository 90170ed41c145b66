/** What the part says. */
import type { Text } from '../language.js';
import type { PassedOver } from './messages.js';

export const texts = {
  title: { en: 'Train a network on your images', 'zh-CN': '用你的图像训练网络' },
  task: { en: 'What it shall learn', 'zh-CN': '学习目标' },
  classify: { en: 'Tell classes apart', 'zh-CN': '区分类别' },
  aboutClassify: { en: 'A classifier: which kind of thing is it?', 'zh-CN': '分类器：这是哪一类事物？' },
  reconstruct: { en: 'Rebuild images', 'zh-CN': '重建图像' },
  aboutReconstruct: {
    en: 'An autoencoder: an image becomes a few numbers, and an image again.',
    'zh-CN': '自编码器：图像变成少量数字，再还原为图像。',
  },
  drop: {
    en: 'Drop folders of images here, a folder per class',
    'zh-CN': '将图像文件夹拖到这里，每个类别一个文件夹',
  },
  dropImages: {
    en: 'Drop images or folders here, of any kind',
    'zh-CN': '将任意图像或文件夹拖到这里',
  },
  chooseFolder: { en: 'Choose a folder', 'zh-CN': '选择文件夹' },
  chooseImages: { en: 'Choose images', 'zh-CN': '选择图像' },
  addClass: { en: 'Add a class', 'zh-CN': '添加类别' },
  sample: { en: 'Try drawn shapes', 'zh-CN': '试用绘制的图形' },
  sampleNote: {
    en: '{count} pictures of ten shapes, drawn by the page: to see a training without images of your own.',
    'zh-CN': '由页面绘制的十种图形共 {count} 张，无需自备图像即可体验训练。',
  },
  className: { en: 'Name of the class', 'zh-CN': '类别名称' },
  newClass: { en: 'class {number}', 'zh-CN': '类别 {number}' },
  images: { en: 'Images: {count}', 'zh-CN': '图像：{count} 张' },
  addImages: { en: 'Add images to {name}', 'zh-CN': '向“{name}”添加图像' },
  add: { en: 'Add images', 'zh-CN': '添加图像' },
  remove: { en: 'Remove {name}', 'zh-CN': '移除“{name}”' },
  removeAll: { en: 'Remove all', 'zh-CN': '全部移除' },
  more: { en: 'Show {count} more', 'zh-CN': '再显示 {count} 张' },
  tooMany: {
    en: 'The page takes {most} images at most; {left} were left out.',
    'zh-CN': '页面最多接受 {most} 张图像；已略去 {left} 张。',
  },
  noImages: { en: 'There is no image among what came.', 'zh-CN': '其中没有图像。' },
  settings: { en: 'Settings', 'zh-CN': '设置' },
  automatic: { en: 'Automatic', 'zh-CN': '自动' },
  network: { en: 'Network', 'zh-CN': '网络' },
  size: { en: 'Size in pixels', 'zh-CN': '像素尺寸' },
  epochs: { en: 'Epochs', 'zh-CN': '训练轮数' },
  start: { en: 'Train', 'zh-CN': '开始训练' },
  needTwo: {
    en: 'A network learns to tell classes apart: give two at least, each with two images at least.',
    'zh-CN': '网络学习区分类别：请至少提供两个类别，每个类别至少两张图像。',
  },
  needImages: {
    en: 'Give two images at least: one to learn from, and one to judge by.',
    'zh-CN': '请至少提供两张图像：一张用于学习，一张用于检验。',
  },
  sameName: {
    en: 'Two classes are called {name}: give each a name of its own.',
    'zh-CN': '有两个类别同名“{name}”：请分别命名。',
  },
  noName: { en: 'A class has no name: give it one.', 'zh-CN': '有一个类别没有名称：请为其命名。' },
  reading: { en: 'Reading images: {done} of {of}', 'zh-CN': '正在读取图像：{done} / {of}' },
  preparing: { en: 'Preparing the network …', 'zh-CN': '正在准备网络……' },
  firstStep: { en: 'The first step is under way …', 'zh-CN': '正在进行第一步……' },
  training: {
    en: 'Epoch {epoch} of {epochs} · {speed} images per second · about {minutes} min left',
    'zh-CN': '第 {epoch} 轮，共 {epochs} 轮 · 每秒 {speed} 张图像 · 约剩 {minutes} 分钟',
  },
  trainingSeconds: {
    en: 'Epoch {epoch} of {epochs} · {speed} images per second · about {seconds} s left',
    'zh-CN': '第 {epoch} 轮，共 {epochs} 轮 · 每秒 {speed} 张图像 · 约剩 {seconds} 秒',
  },
  stopped: { en: 'Stopped in epoch {epoch} of {epochs}', 'zh-CN': '已停在第 {epoch} 轮，共 {epochs} 轮' },
  ended: { en: 'Trained for {epochs} epochs', 'zh-CN': '已完成 {epochs} 轮训练' },
  about: {
    en: '{network} at {height} × {width}, {train} images to learn from, {held} held out',
    'zh-CN': '{network}，{height} × {width}，{train} 张用于学习，{held} 张留作检验',
  },
  stop: { en: 'Stop', 'zh-CN': '停止' },
  go: { en: 'Go on', 'zh-CN': '继续' },
  anew: { en: 'Start anew', 'zh-CN': '重新开始' },
  download: { en: 'Download the model', 'zh-CN': '下载模型' },
  downloadOnnx: { en: 'As ONNX', 'zh-CN': '下载 ONNX' },
  lookInside: { en: 'Look inside', 'zh-CN': '观察内部' },
  downloadNote: {
    en: 'Weights of epoch {epoch}, the best so far. On the command line: {command}',
    'zh-CN': '第 {epoch} 轮的权重，为目前最佳。命令行用法：{command}',
  },
  held: { en: 'of held-out images right', 'zh-CN': '的留出图像判断正确' },
  heldPsnr: { en: 'peak signal-to-noise ratio on held-out images', 'zh-CN': '（留出图像上的峰值信噪比）' },
  reconstructions: { en: 'What comes back', 'zh-CN': '重建结果' },
  reconstructionsNote: {
    en: 'Held-out images, and below each what the network makes of it after epoch {epoch}.',
    'zh-CN': '留出的图像，下方为第 {epoch} 轮后网络的重建。',
  },
  heldImage: { en: 'Held-out image {number}', 'zh-CN': '留出图像 {number}' },
  comesBackOf: {
    en: 'What comes back of image {number} after epoch {epoch}',
    'zh-CN': '第 {epoch} 轮后图像 {number} 的重建',
  },
  comesBack: { en: 'What comes back', 'zh-CN': '重建结果' },
  confusion: { en: 'Who was taken for whom', 'zh-CN': '混淆矩阵' },
  confusionNote: {
    en: 'Held-out images: rows are the true classes, columns what the network says.',
    'zh-CN': '留出图像：行为真实类别，列为网络的判断。',
  },
  try: { en: 'Show it an image', 'zh-CN': '给它看一张图像' },
  tryNote: { en: 'Drop one here, or choose a file.', 'zh-CN': '拖到这里，或选择文件。' },
  skipped: { en: 'Left out because they could not be read: {count}', 'zh-CN': '因无法读取而略去：{count} 张' },
  unreadable: {
    en: 'damaged, too large, or in a format that this browser does not know',
    'zh-CN': '已损坏、过大，或为此浏览器不支持的格式',
  },
  tryFailed: {
    en: '{name} could not be read: it is {reason}.',
    'zh-CN': '无法读取 {name}：{reason}。',
  },
  cameraName: { en: 'the camera’s picture', 'zh-CN': '摄像头照片' },
  failed: { en: 'The training ended: {reason}', 'zh-CN': '训练中断：{reason}' },
} as const satisfies Record<string, Text>;

/** Why a device does not compute. */
export const reasons = {
  absent: {
    en: '{device}: this browser offers no graphics processor.',
    'zh-CN': '{device}：此浏览器没有可用的图形处理器。',
  },
  software: {
    en: '{device}: here it is software, which is slower.',
    'zh-CN': '{device}：此处仅由软件模拟，速度较慢。',
  },
  failed: { en: '{device} did not work here ({reason}).', 'zh-CN': '{device} 在此处无法工作（{reason}）。' },
  slower: { en: '{device} takes {times} times as long.', 'zh-CN': '{device} 需要 {times} 倍的时间。' },
} as const satisfies Readonly<Record<PassedOver['why'], Text>>;
