/** Pixels as a picture. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Pixels } from '../../../src/data/pixels.js';
import { drawPixels } from '../../../src/web-folder/page/picture.js';

interface Shown {
  readonly pixels: Pixels;
  readonly label: string;
  /** For what comes and goes: which one it is. */
  readonly shown?: string;
}

/** As wide as the place that it has; small ones show their pixels as squares. */
export function Picture({ pixels, label, shown }: Shown) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => drawPixels(canvas.current!, pixels), [pixels]);
  return <canvas class="picture" ref={canvas} data-shown={shown} role="img" aria-label={label} title={label} />;
}
