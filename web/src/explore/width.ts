/** Whether there is room for a column beside the figure. */
import { signal } from '@preact/signals';

const query = matchMedia('(min-width: 1100px)');
export const wide = signal(query.matches);
query.addEventListener('change', ({ matches }) => {
  wide.value = matches;
});
