/** A place to drop files and folders on. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { droppedFiles } from './dropped.js';
import type { Found } from './gathered.js';

interface DropZoneProps {
  readonly label: string;
  readonly onFiles: (found: readonly Found[]) => void;
  /** Ways for those who do not drag. */
  readonly children: ComponentChildren;
}

export function DropZone({ label, onFiles, children }: DropZoneProps) {
  const over = useSignal(false);
  return (
    <section
      class={over.value ? 'drop-zone over' : 'drop-zone'}
      aria-label={label}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => {
        over.value = false;
      }}
      onDrop={async (event) => {
        event.preventDefault();
        over.value = false;
        if (event.dataTransfer) onFiles(await droppedFiles(event.dataTransfer));
      }}
    >
      <p>{label}</p>
      <div class="actions">{children}</div>
    </section>
  );
}
