/** A button that asks for a file, or for several. */
import { useId } from 'preact/hooks';

interface Choosing {
  readonly label: string;
  readonly accept: string;
  /** What stands out, among several. */
  readonly main?: boolean;
  readonly name: string;
  /** Whether several files may be chosen. */
  readonly multiple?: boolean;
  readonly take: (file: File, all: readonly File[]) => void;
}

export function FileButton({ label, accept, main = false, name, multiple = false, take }: Choosing) {
  const id = useId();
  return (
    <span class={main ? 'file main' : 'file'}>
      <input
        id={id}
        name={name}
        type="file"
        accept={accept}
        multiple={multiple}
        onChange={({ currentTarget }) => {
          const all = [...(currentTarget.files ?? [])];
          if (all[0]) take(all[0], all);
          currentTarget.value = ''; // so that the same file counts when it is chosen again
        }}
      />
      <label for={id}>{label}</label>
    </span>
  );
}
