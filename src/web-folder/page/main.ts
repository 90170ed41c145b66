/** Begins as soon as the page is there: fetches the model, opens it, and hands the page to its task. */
import type { PageDescription } from '../description.js';
import { classify } from './classify.js';
import { element, say, show, trouble } from './elements.js';
import { Engine } from './engine.js';
import { fetchDescription } from './files.js';
import { generate } from './generate.js';
import { inWords } from './problem.js';
import { reconstruct } from './reconstruct.js';

const tasks: { readonly [T in PageDescription['task']]: (engine: Engine) => void } = {
  classify,
  reconstruct,
  generate,
};

// who reads this text has a page that does not run
element('unserved').remove();
show('loading');
try {
  const description = await fetchDescription();
  const progress = element<HTMLProgressElement>('progress');
  const engine = await Engine.open(description, (share) => {
    progress.value = share;
    say('status', share < 1 ? 'Loading the network …' : 'Opening the network …');
  });
  show('work');
  tasks[description.task](engine);
} catch (error) {
  trouble(inWords(error, 'open the network'));
} finally {
  show('loading', false);
}
