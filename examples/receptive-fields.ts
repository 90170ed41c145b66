/**
 * How much of the image one place of each stage sees: a convolution of k x k widens the view by k - 1 steps, and a stride makes the steps
 * longer (Araujo et al. 2019, https://distill.pub/2019/computing-receptive-fields).
 *
 *   node build/examples/receptive-fields.js resnet18 resnet50
 */
import { networkNamed, outlineOf, type Part } from 'resmirror';

/** Pixels that are seen, and pixels from one place to the next. */
interface View {
  readonly seen: number;
  readonly step: number;
}

/** Of a block, its longest branch: a shortcut sees less. */
function through(view: View, part: Part): View {
  if (part.kind === 'block') return part.branches[0]!.parts.reduce(through, view);
  const [side = 1] = part.op === 'GlobalAveragePool' ? [] : (part.kernel ?? []);
  return { seen: view.seen + (side - 1) * view.step, step: view.step * part.factor };
}

const names = process.argv.slice(2);
for (const name of names.length > 0 ? names : ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152']) {
  const { sections } = outlineOf(networkNamed(name));
  let view: View = { seen: 1, step: 1 };
  const stages = sections.flatMap((section) => {
    const parts = section.parts.flatMap(({ part, times }) => Array.from({ length: times }, () => part));
    view = parts.filter((part) => part.kind === 'block' || part.kernel).reduce(through, view);
    return section.parts.some(({ part }) => part.kind === 'block') ? [`${section.name} ${view.seen} px`] : [];
  });
  console.log(`${name}: ${stages.join(', ')}`);
}
