/** What this part says. */
import type { Text } from '../language.js';

export const texts = {
  title: { en: 'Look inside a trained network', 'zh-CN': '观察训练好的网络内部' },
  intro: {
    en: 'Drop a model, then an image, anywhere on this page. The network is computed here, and neither is sent anywhere.',
    'zh-CN': '先将模型、再将图像拖放到本页任意位置。网络就在此处计算，两者都不会被发送出去。',
  },
  model: { en: 'Model', 'zh-CN': '模型' },
  image: { en: 'Image', 'zh-CN': '图像' },
  second: { en: 'Second image', 'zh-CN': '第二幅图像' },
  chooseModel: { en: 'Choose a model', 'zh-CN': '选择模型' },
  otherModel: { en: 'Another model', 'zh-CN': '换一个模型' },
  modelHint: {
    en: 'A .safetensors file, such as best.safetensors in the folder of a run',
    'zh-CN': '.safetensors 文件，例如训练文件夹中的 best.safetensors',
  },
  chooseImage: { en: 'Choose an image', 'zh-CN': '选择图像' },
  otherImage: { en: 'Another image', 'zh-CN': '换一幅图像' },
  imageHint: { en: 'JPEG, PNG, WebP, GIF or AVIF', 'zh-CN': 'JPEG、PNG、WebP、GIF 或 AVIF' },
  readingModel: { en: 'Opening {name} …', 'zh-CN': '正在打开 {name} …' },
  readingImage: { en: 'Reading {name} …', 'zh-CN': '正在读取 {name} …' },
  computing: { en: 'Computing …', 'zh-CN': '正在计算 …' },
  knows: { en: 'Knows {count} classes', 'zh-CN': '识别 {count} 个类别' },
  reconstructs: { en: 'Reconstructs images', 'zh-CN': '重建图像' },
  generates: { en: 'Makes images of vectors', 'zh-CN': '由向量生成图像' },
  sees: { en: 'sees {width} × {height} pixels', 'zh-CN': '输入 {width} × {height} 像素' },
  seen: { en: 'What the network sees of {name}', 'zh-CN': '网络所看到的 {name}' },
  fastest: { en: 'Try which is faster', 'zh-CN': '测试哪个更快' },
  trying: { en: 'Trying both …', 'zh-CN': '正在测试两者 …' },
  trialSpeed: { en: '{device}: {speed} GFLOP/s.', 'zh-CN': '{device}：{speed} GFLOP/s。' },
  trialFailed: { en: '{device} does not work here ({reason}).', 'zh-CN': '{device} 在此处无法使用（{reason}）。' },
  fellBack: {
    en: 'WebGPU did not work here ({reason}), so the processor computes.',
    'zh-CN': '此处无法使用 WebGPU（{reason}），改由处理器计算。',
  },
  classes: { en: 'What it is', 'zh-CN': '识别结果' },
  classesNote: {
    en: 'The most probable classes. Choose one to see where in the image it is seen.',
    'zh-CN': '最可能的类别。点选一个，查看它在图像中的位置。',
  },
  classMap: { en: 'Where “{label}” is seen', 'zh-CN': '“{label}”所在的位置' },
  classMapNote: {
    en: 'Grad-CAM: the warmer a place, the more the maps of stage {stage} speak for the class there.',
    'zh-CN': 'Grad-CAM：颜色越暖，阶段 {stage} 的特征图在该处越支持此类别。',
  },
  silent: {
    en: 'Nothing in this stage speaks for the class.',
    'zh-CN': '该阶段没有支持此类别的内容。',
  },
  noStages: {
    en: 'This network does not say where its stages end, so their maps cannot be shown.',
    'zh-CN': '该网络未标明各阶段的终点，因此无法显示其特征图。',
  },
  stage: { en: 'Stage', 'zh-CN': '阶段' },
  maps: { en: 'What each stage makes of it', 'zh-CN': '各阶段的特征图' },
  mapsNote: {
    en: 'The large picture of a stage shows all of its channels at once, by their three principal components as colours: like places look alike. Beside it, the channels that vary most.',
    'zh-CN': '每个阶段的大图以颜色表示所有通道的三个主成分：相似的位置颜色相近。旁边是变化最大的通道。',
  },
  stageNamed: { en: 'Stage {stage}', 'zh-CN': '阶段 {stage}' },
  encoderStage: { en: 'Encoder, stage {stage}', 'zh-CN': '编码器，阶段 {stage}' },
  decoderStage: { en: 'Decoder, stage {stage}', 'zh-CN': '解码器，阶段 {stage}' },
  shape: { en: '{channels} channels of {width} × {height}', 'zh-CN': '{channels} 个通道，{width} × {height}' },
  channel: { en: 'Channel {channel}', 'zh-CN': '通道 {channel}' },
  allChannels: { en: '{stage}, all channels', 'zh-CN': '{stage}，所有通道' },
  reconstruction: { en: 'What comes back', 'zh-CN': '重建结果' },
  reconstructionNote: {
    en: 'The image through {latent} numbers and back: {psnr} dB peak signal-to-noise ratio.',
    'zh-CN': '图像经由 {latent} 个数字再还原：峰值信噪比 {psnr} dB。',
  },
  reconstructionPlain: {
    en: 'The image through the network and back: {psnr} dB peak signal-to-noise ratio.',
    'zh-CN': '图像经网络再还原：峰值信噪比 {psnr} dB。',
  },
  latent: { en: 'Around the vector', 'zh-CN': '向量周围' },
  latentNote: {
    en: 'Two directions of the {latent} that there are, drawn at random, at right angles. One step is as long as the vector itself.',
    'zh-CN': '从 {latent} 个维度中随机取两个相互垂直的方向。一步的长度等于向量本身的长度。',
  },
  latentFew: {
    en: 'With {enough} images or more at hand ({count} so far), these are the directions in which they differ most.',
    'zh-CN': '手边有 {enough} 幅以上图像时（目前 {count} 幅），则改用这些图像差异最大的方向。',
  },
  latentPrincipal: {
    en: 'Principal components {first} and {second} of the vectors of the {count} images at hand: the directions in which these differ most, with {firstShare} % and {secondShare} % of the variance. One step is {deviations} standard deviations.',
    'zh-CN':
      '手边 {count} 幅图像的向量的第 {first} 和第 {second} 主成分，即差异最大的方向，分别占方差的 {firstShare} % 和 {secondShare} %。一步为 {deviations} 个标准差。',
  },
  moreImages: { en: 'More images', 'zh-CN': '更多图像' },
  pad: { en: 'Drag to move through the space of vectors', 'zh-CN': '拖动以在向量空间中移动' },
  direction: { en: 'Direction {count}', 'zh-CN': '方向 {count}' },
  otherDirections: { en: 'Other directions', 'zh-CN': '换方向' },
  otherSample: { en: 'Another sample', 'zh-CN': '换一个样本' },
  back: { en: 'Back to the middle', 'zh-CN': '回到中心' },
  moved: { en: 'Image at this place', 'zh-CN': '此处的图像' },
  classChoice: { en: 'Class', 'zh-CN': '类别' },
  between: { en: 'Between two images', 'zh-CN': '两幅图像之间' },
  betweenNote: {
    en: 'Choose a second image; the way between both vectors is a part of a great circle.',
    'zh-CN': '选择第二幅图像；两个向量之间沿大圆弧过渡。',
  },
  share: { en: 'Share of the second image', 'zh-CN': '第二幅图像的比例' },
  cameraName: { en: 'the camera’s picture', 'zh-CN': '摄像头照片' },
} as const satisfies Record<string, Text>;

/** Troubles, each naming what is wrong and what to do. */
export const troubles = {
  model: {
    en: 'This model cannot be opened. {reason}',
    'zh-CN': '无法打开此模型。{reason}',
  },
  large: {
    en: '{name} has {size} MB, more than the {limit} MB that a page can compute with.',
    'zh-CN': '{name} 有 {size} MB，超过网页可计算的 {limit} MB。',
  },
  engine: {
    en: 'What computes networks could not be started: {reason}. Its files lie in the folder engine beside this page; reload to try again.',
    'zh-CN': '无法启动计算引擎：{reason}。其文件位于本页旁的 engine 文件夹；请重新加载后再试。',
  },
  modelFirst: {
    en: 'Open a model first: the image is prepared as that model asks.',
    'zh-CN': '请先打开模型：图像须按模型的要求进行预处理。',
  },
  origin: {
    en: 'Models are taken from this page’s own server only ({origin}), not from {address}.',
    'zh-CN': '只接受来自本页服务器（{origin}）的模型，不接受 {address}。',
  },
  fetching: {
    en: 'The model at {address} could not be fetched ({reason}).',
    'zh-CN': '无法获取 {address} 处的模型（{reason}）。',
  },
  unreadable: {
    en: '{name} cannot be read: it is damaged, or no image of a kind that this browser knows. JPEG, PNG, WebP, GIF and AVIF are usual.',
    'zh-CN': '无法读取 {name}：文件已损坏，或不是此浏览器支持的图像格式。常用格式为 JPEG、PNG、WebP、GIF 和 AVIF。',
  },
  'too large': {
    en: '{name} has more than {limit} million pixels. Make it smaller first.',
    'zh-CN': '{name} 超过 {limit} 百万像素。请先缩小。',
  },
  'no memory': {
    en: 'This browser has no memory left for {name}. Make it smaller first.',
    'zh-CN': '浏览器内存不足，无法处理 {name}。请先缩小图像。',
  },
  imageless: {
    en: 'This model makes images of vectors and looks at none: use the pad.',
    'zh-CN': '此模型由向量生成图像，不接收图像输入：请使用下方的控制板。',
  },
  computing: {
    en: 'This could not be computed: {reason}',
    'zh-CN': '无法完成计算：{reason}',
  },
} as const satisfies Record<string, Text>;
