import { UserError } from '../../errors.js';
import type { Random } from '../../random/index.js';
import { blur, type Canvas, canvas, fill, grain, type Pose, paint, toBytes } from './canvas.js';
import { anyColour, apartFrom, between, type Colour, chance, pick } from './colours.js';
import { CLASSES, type Distance, SHAPES } from './shapes.js';
import { type Texture, texture } from './textures.js';

/** What varies, and how much. Together: hopeless for a linear classifier on pixels, a few epochs for a small ResNet. */
const VARIETY = {
  /** Of the shape's disc; the canvas is 2 wide. */
  radius: [0.46, 0.8],
  /** Natural logarithm of the largest stretch. */
  stretch: 0.16,
  /** How different the shape's two colours are from the background's; the low end is hard to see. */
  contrast: [0.26, 0.52],
  /** How different the two colours of one texture are. */
  amplitude: [0.08, 0.45],
  /** Small shapes behind the large one. */
  distractors: 3,
  distractorRadius: [0.07, 0.15],
  shadow: 0.25,
  border: 0.25,
  /** Something thin in front of the shape. */
  occlusion: 0.2,
  blur: 0.25,
  grain: 0.6,
  /** Standard deviation of the grain. */
  grainSigma: [0.01, 0.07],
} as const;

const TURN = 2 * Math.PI;

/** One colour all over. */
const plain = (colour: Colour): Texture => ({
  pattern: () => 0,
  from: colour,
  to: colour,
  cos: 1,
  sin: 0,
  u: 0,
  v: 0,
});

/** Large, at any angle, nearly whole inside the canvas. */
const mainPose = (rng: Random): Pose => {
  const radius = between(rng, ...VARIETY.radius);
  const room = Math.max(0.06, 0.95 - radius);
  const centre = () => between(rng, -room, room);
  return {
    radius,
    x: centre(),
    y: centre(),
    angle: rng.uniform() * TURN,
    stretch: Math.exp(between(rng, -VARIETY.stretch, VARIETY.stretch)),
  };
};

const anywhere = (rng: Random, radius: number): Pose => ({
  radius,
  stretch: 1,
  x: between(rng, -1, 1),
  y: between(rng, -1, 1),
  angle: rng.uniform() * TURN,
});

const addDistractors = (on: Canvas, rng: Random): void => {
  for (let left = rng.integer(VARIETY.distractors + 1); left > 0; left--)
    paint(on, {
      shape: SHAPES[pick(rng, CLASSES)],
      pose: anywhere(rng, between(rng, ...VARIETY.distractorRadius)),
      texture: plain(anyColour(rng)),
    });
};

const bar: Distance = (_x, y) => Math.abs(y) - 0.03;

const addOcclusion = (on: Canvas, rng: Random, { x, y, radius }: Pose): void => {
  const aside = between(rng, 0.2, 0.8) * radius;
  const angle = rng.uniform() * TURN;
  const pose = { radius: 2.5, stretch: 1, angle, x: x - aside * Math.sin(angle), y: y + aside * Math.cos(angle) };
  paint(on, { shape: bar, pose, texture: texture(rng, anyColour(rng), 0.3) });
};

const addSubject = (on: Canvas, rng: Random, subject: { shape: Distance; pose: Pose; texture: Texture }): void => {
  const { pose } = subject;
  if (chance(rng, VARIETY.shadow)) {
    const shifted = { ...pose, x: pose.x + between(rng, -0.14, 0.14), y: pose.y + between(rng, 0.05, 0.16) };
    paint(on, { ...subject, pose: shifted, texture: plain([0, 0, 0]), opacity: 0.35 });
  }
  if (chance(rng, VARIETY.border))
    paint(on, { ...subject, texture: plain(anyColour(rng)), grow: between(rng, 0.04, 0.09) });
  paint(on, subject);
};

/**
 * Draws one image of a class: a large textured shape at any place, size and angle on a textured background, among small
 * distractors, at times with a shadow, a border, a bar across it, blur and grain.
 *
 * @param classId index into `CLASSES`
 * @param rng all randomness comes from here, so equal streams give equal images
 * @param size height and width in pixels; the scene is the same at every size but for grain
 * @returns [size, size, 3]
 * @throws UserError where there is no such class, or where `size` is no whole number of at least 8
 */
export function drawImage(classId: number, rng: Random, size: number): Uint8Array {
  const name = CLASSES[classId];
  if (name === undefined)
    throw new UserError(`Expected a class id from 0 to ${CLASSES.length - 1} of the drawn shapes, got ${classId}.`);
  if (!Number.isInteger(size) || size < 8)
    throw new UserError(`Expected an image size of at least 8 whole pixels to draw a shape in, got ${size}.`);
  const on = canvas(size);
  const background = texture(rng, anyColour(rng), between(rng, ...VARIETY.amplitude));
  const contrast = between(rng, ...VARIETY.contrast);
  const colour = apartFrom(rng, [background.from, background.to], contrast);
  const pose = mainPose(rng);
  fill(on, background);
  addDistractors(on, rng);
  addSubject(on, rng, { shape: SHAPES[name], pose, texture: texture(rng, colour, contrast * 0.8) });
  if (chance(rng, VARIETY.occlusion)) addOcclusion(on, rng, pose);
  if (chance(rng, VARIETY.blur)) for (let pass = 0; pass < size / 32; pass++) blur(on);
  if (chance(rng, VARIETY.grain)) grain(on, rng, between(rng, ...VARIETY.grainSigma));
  return toBytes(on);
}
