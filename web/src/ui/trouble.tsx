/** What went wrong, and what to do: seen, and read out at once. */
import type { ComponentChildren } from 'preact';

export const Trouble = ({ children }: { readonly children: ComponentChildren }) => (
  <p class="trouble" role="alert">
    {children}
  </p>
);
