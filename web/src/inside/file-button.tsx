/** A button that asks for a file. */
import { useId } from 'preact/hooks';

interface Choosing {
  readonly label: string;
  readonly accept: string;
  /** What stands out, among several. */
  readonly main?: boolean;
  readonly name: string;
  readonly take: (file: File) => void;
}

export function FileButton({ label, accept, main = false, name, take }: Choosing) {
  const id = useId();
  return (
    <span class={main ? 'file main' : 'file'}>
      <input
        id={id}
        name={name}
        type="file"
        accept={accept}
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          if (file) take(file);
          currentTarget.value = ''; // so that the same file counts when it is chosen again
        }}
      />
      <label for={id}>{label}</label>
    </span>
  );
}
