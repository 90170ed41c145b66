/** Image -> vector -> the same image. */
import { clip } from '../../graph/index.js';
import { Build, normalise, unit } from '../../nn/index.js';
import { absoluteErrors, psnr, reconstructionLosses, squaredErrors, ssim } from '../../optim/index.js';
import type { Tensors } from '../../runtime/index.js';
import { imagesInput } from './images.js';
import type { Tally, Task } from './task.js';

export const reconstruct: Task = {
  objective: (network, { batch, preprocessing, loss }) => {
    const build = new Build({ training: true });
    const target = unit(imagesInput(batch, preprocessing));
    const made = network.forward(normalise(target, preprocessing), build);
    const between = reconstructionLosses[loss === 'l1' ? 'l1' : 'mse'];
    return { loss: between(made, target), outputs: {}, tracked: build.updates };
  },
  targets: () => ({}),
  correct: () => undefined,
  evaluation: (network, { batch, preprocessing }) => {
    const target = unit(imagesInput(batch, preprocessing));
    const made = clip(network.forward(normalise(target, preprocessing), new Build()), 0, 1);
    const outputs = { mse: squaredErrors(made, target), l1: absoluteErrors(made, target), ssim: ssim(made, target) };
    return { name: `${network.name} evaluation`, outputs };
  },
  tally: () => new ImageTally(),
  figure: 'psnr',
};

class ImageTally implements Tally {
  private readonly sums = { mse: 0, l1: 0, ssim: 0, psnr: 0 };
  private images = 0;

  add({ count }: { readonly count: number }, outputs: Tensors): void {
    for (let i = 0; i < count; i++) {
      for (const name of ['mse', 'l1', 'ssim'] as const) this.sums[name] += (outputs[name]!.data as Float32Array)[i]!;
      this.sums.psnr += psnr((outputs.mse!.data as Float32Array)[i]!);
    }
    this.images += count;
  }

  result() {
    const means = Object.entries(this.sums).map(([name, sum]) => [name, sum / Math.max(this.images, 1)]);
    return { images: this.images, metrics: Object.fromEntries(means) as Record<string, number> };
  }
}
