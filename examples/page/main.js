/**
 * A page that says what is in a picture: nothing leaves the browser. Beside it lie the model, `model.safetensors` of a run of
 * `train classify`, and two files of onnxruntime-web in `engine/`; docs/guides/web-page.md says how to put it together.
 */
import { load, openRuntime } from 'resmirror/browser';

const engine = { module: 'engine/ort.wasm.min.js', code: 'engine/ort-wasm-simd-threaded.wasm' };
const model = await load('model.safetensors', { runtime: openRuntime({ engine }) });

const [image, classes] = ['image', 'classes'].map((id) => document.getElementById(id));
image.addEventListener('change', async () => {
  const scores = await model.classify(image.files[0]).catch(({ message }) => [{ label: message }]);
  classes.replaceChildren(
    ...scores.map(({ label, probability }) => {
      const row = document.createElement('li');
      row.textContent = probability === undefined ? label : `${label}: ${(100 * probability).toFixed(1)} %`;
      return row;
    }),
  );
});
image.disabled = false;
