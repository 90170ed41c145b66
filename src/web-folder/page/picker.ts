/** Images that people choose, drop or paste. */
import { element } from './elements.js';

/** Calls back with each image file that comes in. */
export function onImage(take: (file: File) => void): void {
  const input = element<HTMLInputElement>('file');
  const drop = element('drop');
  const first = (files: FileList | undefined | null) => {
    const [file] = files ?? [];
    if (file) take(file);
  };
  input.addEventListener('change', () => {
    first(input.files);
    input.value = ''; // so that the same file counts when it is chosen again
  });
  addEventListener('dragover', (event) => {
    event.preventDefault(); // or the browser would leave the page for the file
    drop.classList.add('over');
  });
  addEventListener('dragleave', ({ relatedTarget }) => {
    if (!relatedTarget) drop.classList.remove('over');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    first(event.dataTransfer?.files);
  });
  addEventListener('paste', ({ clipboardData }) => first(clipboardData?.files));
}
