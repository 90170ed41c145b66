/** Names of layers out of their order, for files that have none: in `.weights.h5` layers are counted by their classes. */

/** Height, width, channels that come in, channels that go out. */
type Kernel = readonly number[];

/**
 * Names that Keras gives to the convolutions of a ResNet of bottlenecks, in the order of its layers: in a block with a projection, that comes
 * before the last convolution, beside which it stands. Nothing where the kernels are not those of such a network.
 */
export function namesInOrder(kernels: readonly Kernel[]): readonly string[] | undefined {
  const side = (at: number) => kernels[at]?.[0];
  const names = ['conv1_conv'];
  let [stage, block] = [1, 0];
  for (let at = 1; at < kernels.length; ) {
    if (side(at) !== 1 || side(at + 1) !== 3 || side(at + 2) !== 1) return undefined;
    let last = at + 2;
    while (side(last + 1) === 1) last++;
    // up to the next block's 3x3, whose 1x1 in front of it is among them
    const own = last + 1 === kernels.length ? last - at - 1 : last - at - 2;
    if (own !== 1 && own !== 2) return undefined;
    [stage, block] = own === 2 ? [stage + 1, 1] : [stage, block + 1];
    const layers = own === 2 ? [1, 2, 0, 3] : [1, 2, 3];
    names.push(...layers.map((layer) => `conv${stage}_block${block}_${layer}_conv`));
    at += layers.length;
  }
  return names;
}
