/** The maps behind a part as a tile: as high as they are, relative to the image; as wide as their channels are many. */

const HEIGHT = 112;
const WIDTH = 112;
/** Channels that fill the width; roots are taken, or three colours would not be seen beside 2048. */
const MOST = 2048;

export function MapTile({ shape, size }: { readonly shape: readonly number[]; readonly size: number }) {
  const [channels = 1, side = 0] = shape;
  const height = Math.max((HEIGHT * side) / size, 3);
  const width = Math.min(Math.max(WIDTH * Math.sqrt(channels / MOST), 3), WIDTH);
  return (
    <span class="tile" aria-hidden="true">
      <span style={{ width: `${(100 * width) / WIDTH}%`, height: `${height}px` }} />
    </span>
  );
}
