/** Arrows go through the figure: up and down within a column, left and right from column to column. */
const columns = ['forward', 'middle', 'mirror'] as const;

export function moveFocus(event: KeyboardEvent): void {
  const root = event.currentTarget as HTMLElement;
  const from = document.activeElement?.closest<HTMLElement>('[data-column]');
  const move = moves[event.key];
  if (!from || !move || !root.contains(from)) return;
  const to = move(from, root);
  if (!to) return;
  event.preventDefault();
  to.focus();
}

type Move = (from: HTMLElement, root: HTMLElement) => HTMLElement | undefined;

const along =
  (by: 1 | -1): Move =>
  (from, root) => {
    const same = [...root.querySelectorAll<HTMLElement>(`[data-column="${from.dataset.column}"]`)];
    return same[same.indexOf(from) + by];
  };

const across =
  (by: 1 | -1): Move =>
  (from) => {
    const row = from.closest('.row');
    const rest = by > 0 ? columns.slice(place(from) + 1) : columns.slice(0, place(from)).reverse();
    const found = rest.map((column) => row?.querySelector<HTMLElement>(`[data-column="${column}"]`));
    return found.find((one) => one) ?? undefined;
  };

const place = ({ dataset }: HTMLElement) => columns.indexOf(dataset.column as (typeof columns)[number]);

const moves: Readonly<Record<string, Move>> = {
  ArrowDown: along(1),
  ArrowUp: along(-1),
  ArrowRight: across(1),
  ArrowLeft: across(-1),
};
