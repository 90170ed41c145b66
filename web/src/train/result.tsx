/** What came of it: how good, who was taken for whom, the file, and a try. */
import { number, say } from '../language.js';
import { addressOf, go } from '../route.js';
import { ConfusionTable } from './confusion-table.js';
import type { ModelFormat } from './messages.js';
import { begun, best, model, phase } from './session.js';
import { texts } from './texts.js';
import { Try } from './try.js';
import type { Task } from './usual.js';

type Metrics = Readonly<Record<string, number>>;

/** The figure that decides, as the page writes it. */
const figures: { readonly [T in Task]: (metrics: Metrics) => readonly [figure: string, of: string] } = {
  classify: ({ accuracy = 0 }) => [`${number(100 * accuracy, 1)} %`, say(texts.held)],
  reconstruct: ({ psnr = 0 }) => [`${number(psnr, 1)} dB`, say(texts.heldPsnr)],
};

const commands: { readonly [T in Task]: string } = { classify: 'predict', reconstruct: 'reconstruct' };

const FILE = 'model';

export function Result() {
  if (!best.value || !begun.value) return null;
  const { epoch, evaluation } = best.value;
  const { task, classes } = begun.value;
  const ended = phase.value === 'ended';
  const [figure, of] = figures[task](evaluation.metrics);
  return (
    <section class="result">
      <p class="figure">
        <strong>{figure}</strong> {of}
      </p>
      <p class="actions">
        <button type="button" class={ended ? 'main' : ''} onClick={() => void download('safetensors')}>
          {say(texts.download)}
        </button>
        <button type="button" onClick={() => void download('onnx')}>
          {say(texts.downloadOnnx)}
        </button>
        <button type="button" onClick={() => void lookInside()}>
          {say(texts.lookInside)}
        </button>
      </p>
      <p class="note">
        {say(texts.downloadNote, { epoch, command: `resmirror ${commands[task]} ${FILE}.safetensors image.jpg` })}
      </p>
      {ended && evaluation.confusion && <ConfusionTable classes={classes} counts={evaluation.confusion} />}
      {ended && <Try />}
    </section>
  );
}

async function download(format: ModelFormat): Promise<void> {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([await model(format)], { type: 'application/octet-stream' }));
  link.download = `${FILE}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Opens the model in that part of the page. */
async function lookInside(): Promise<void> {
  const [{ openModel }, bytes] = await Promise.all([import('../inside/session.js'), model('safetensors')]);
  void openModel(new Blob([bytes]), `${FILE}.safetensors`);
  go(addressOf(['inside']));
}
