/** What is said of why a classifier says what it says. */
import type { Features } from './layers.js';

export interface Explained {
  /** The class that is explained. */
  readonly label: string;
  readonly probability: number;
}

/** Where a class is seen in an image. */
export interface ClassMap extends Explained {
  /** [h', w'], 0 or more: how strongly the stage's maps speak for the class at each of their positions. */
  readonly map: Features;
}

/** What each number of an image adds to the logit of a class. */
export interface Attributions extends Explained {
  /** [c, h, w]: what each number of the image adds to the class's logit, beside a black image. */
  readonly attributions: Features;
  /** The logit of the class for the image, and for a black one. */
  readonly logit: number;
  readonly blackLogit: number;
}
