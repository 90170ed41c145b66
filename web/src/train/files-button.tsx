/** A button that asks for files. */
interface FilesButtonProps {
  readonly label: string;
  /** For those who hear it, where the label alone says too little. */
  readonly described?: string;
  readonly accept?: string;
  readonly multiple?: boolean;
  /** Whether a folder is asked for, with all that is in it. */
  readonly folder?: boolean;
  readonly main?: boolean;
  readonly onFiles: (files: FileList | null) => void;
}

export const FilesButton = ({ label, described, accept, multiple, folder, main, onFiles }: FilesButtonProps) => (
  <label class={main ? 'button main' : 'button'}>
    {label}
    <input
      type="file"
      class="hidden"
      accept={accept}
      multiple={multiple || folder}
      aria-label={described}
      {...(folder && { webkitdirectory: true })}
      onChange={({ currentTarget }) => {
        onFiles(currentTarget.files);
        currentTarget.value = ''; // so that the same files count when they are chosen again
      }}
    />
  </label>
);
