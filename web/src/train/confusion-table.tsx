/** How often each class was taken for each. */
import { number, say } from '../language.js';
import { texts } from './texts.js';

interface ConfusionTableProps {
  readonly classes: readonly string[];
  /** [true class][predicted class] */
  readonly counts: readonly (readonly number[])[];
}

/** Share of a row's images in a cell, as the strength of its colour. */
const strength = (row: readonly number[], count: number): string =>
  `${Math.round(
    (100 * count) /
      Math.max(
        1,
        row.reduce((a, b) => a + b),
      ),
  )}%`;

export const ConfusionTable = ({ classes, counts }: ConfusionTableProps) => (
  <>
    <h2>{say(texts.confusion)}</h2>
    <p class="note">{say(texts.confusionNote)}</p>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
    <section class="confusion" aria-label={say(texts.confusion)} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <td />
            {classes.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {counts.map((row, i) => (
            <tr key={classes[i]}>
              <th scope="row">{classes[i]}</th>
              {row.map((count, j) => (
                <td key={classes[j]} class={i === j ? 'right' : 'wrong'} style={{ '--strength': strength(row, count) }}>
                  {number(count)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  </>
);
