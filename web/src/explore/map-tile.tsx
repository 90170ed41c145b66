/**
 * A part as a shape that faces its mirror image: from as many channels as it has at its shallow end to as many as at its deep end, and as
 * high as the maps are at the deep end.
 */
import type { Figures } from './anatomy.js';
import type { Side } from './view.js';

const HEIGHT = 64;
const WIDTH = 104;
/** Channels that fill the width; roots are taken, or three colours would not be seen beside 2048. */
const MOST = 2048;

interface TileProps {
  readonly part: Figures;
  readonly side: Side;
  /** Side of the maps that are drawn highest. */
  readonly tallest: number;
}

export function MapTile({ part: { input, output }, side, tallest }: TileProps) {
  const [shallow, deep] = side === 'forward' ? [input, output] : [output, input];
  const height = Math.min(Math.max((HEIGHT * (deep[1] ?? 0)) / tallest, 5), HEIGHT);
  const [top, bottom] = [widthFor(shallow), widthFor(deep)];
  const across = side === 'forward' ? (x: number) => WIDTH - x : (x: number) => x;
  const corners = [
    [0, 0],
    [top, 0],
    [bottom, height],
    [0, height],
  ].map(([x, y]) => `${across(x!)},${y}`);
  return (
    <svg class="tile" width={WIDTH} height={height} viewBox={`0 0 ${WIDTH} ${height}`} aria-hidden="true">
      <polygon points={corners.join(' ')} />
    </svg>
  );
}

const widthFor = ([channels = 1]: readonly number[]) => WIDTH * Math.min(Math.sqrt(channels / MOST), 1);
