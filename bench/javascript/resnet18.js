/**
 * ResNet-18 ("Deep Residual Learning", table 1) as one walk through its layers; a library says what each of them means.
 *
 * @param {any} x images in the library's own layout
 * @param {object} layers `unit` is a convolution and its batch norm, `relu` may be told that it follows one; `keep` lets a value
 * be used a second time, where the library counts
 */
export function resnet18(x, { unit, relu, pool, mean, dense, add, keep }) {
  let y = pool(relu(unit(x, { name: 'stem', from: 3, to: 64, side: 7, stride: 2 })));
  let from = 64;
  for (const [stage, to] of [64, 128, 256, 512].entries())
    for (const block of [0, 1]) {
      const name = `stage${stage}.${block}`;
      const stride = block === 0 && stage > 0 ? 2 : 1;
      const input = keep(y);
      const first = relu(unit(y, { name: `${name}.1`, from, to, side: 3, stride }));
      const second = unit(first, { name: `${name}.2`, from: to, to, side: 3, stride: 1 });
      const shortcut = stride === 1 ? input : unit(input, { name: `${name}.0`, from, to, side: 1, stride });
      y = relu(add(second, shortcut));
      from = to;
    }
  return dense(mean(y), { name: 'head', from, to: 1000 });
}

/** Numbers of about the size that He et al. draw for a layer with so many inputs. */
export const filled = (length, inputs) =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898) * Math.sqrt(4 / inputs));

/** `--size`, `--batch` and `--train` of the command line. */
export function options() {
  const value = (name, usual) => {
    const at = process.argv.indexOf(name);
    return at < 0 ? usual : Number(process.argv[at + 1]);
  };
  return { size: value('--size', 224), batch: value('--batch', 1), training: process.argv.includes('--train') };
}
