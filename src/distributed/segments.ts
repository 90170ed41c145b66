/**
 * A graph that takes means over processes, cut where it does: an engine runs a graph from one end to the other, so what has to wait for
 * other processes comes to stand in a graph of its own. What a later segment needs of an earlier one stays with the engine, as a variable.
 */
import { apply, type Graph, type Node, nodesOf, parameter, type Shared, scopedAs, type Value } from '../graph/index.js';
import { isCheap } from './cheap.js';
import { stagesOf } from './stages.js';

/** One mean over all processes. */
export interface Mean {
  /** Output of the segment that computes the operand, and the variable that it becomes, which later segments read as the mean. */
  readonly name: string;
  readonly of: Shared;
  /** The first segment that reads it. */
  readonly readBy: number;
}

export interface Segment {
  readonly graph: Graph;
  /** Output -> variable. */
  readonly updates: Readonly<Record<string, string>>;
  /** Those of the whole graph's outputs, no updates, that it computes. */
  readonly results: readonly string[];
  /** Means whose operands it computes. */
  readonly means: readonly Mean[];
}

/**
 * Cuts a graph at its means. A segment that reads one comes behind that which computes its operand; the last alone updates variables,
 * when nobody reads any more what they were.
 * @param prefix of the names of what passes between segments
 */
export function segmentsOf(
  graph: Graph,
  updates: Readonly<Record<string, string>>,
  prefix: string,
): readonly Segment[] {
  const isUpdate = (output: string) => output in updates;
  const { last, stageOf, stageOfOutput } = stagesOf(graph, isUpdate);
  const names = new Map<Value, string>();
  const nameOf = (what: string, value: Value) => {
    const name = names.get(value) ?? `${prefix} ${what} ${names.size}`;
    names.set(value, name);
    return name;
  };
  /** Values that later segments ask for: operands by their means, and what passes. */
  const asked = { means: new Map<Value, number>(), values: new Set<Value>() };

  const segment = (stage: number): Segment => {
    const own = Object.entries(graph.outputs).filter(([name]) => stageOfOutput(name) === stage);
    const means = [...asked.means]
      .filter(([mean]) => stageOf(operandOf(mean)) === stage)
      .map(([value, readBy]): Mean & { readonly value: Value } => {
        return { value, name: nameOf('mean', value), of: attributesOf(value).of, readBy };
      })
      // those that travel together lie together
      .sort((a, b) => a.readBy - b.readBy || a.of.localeCompare(b.of));
    const passing = [...asked.values].filter((value) => stageOf(value) === stage);
    const outputs: readonly (readonly [string, Value])[] = [
      ...own,
      ...means.map(({ name, value }) => [name, operandOf(value)] as const),
      ...passing.map((value) => [nameOf('value', value), value] as const),
    ];
    const now = cut(
      outputs.map(([, value]) => value),
      {
        isEnd: (value) => isMean(value) || (value.dtype === 'float32' && stageOf(value) < stage && !isCheap(value)),
        end(value) {
          if (isMean(value)) asked.means.set(value, stage);
          else asked.values.add(value);
          return parameter(nameOf(isMean(value) ? 'mean' : 'value', value), value.shape, { trainable: false });
        },
      },
    );
    return {
      graph: {
        name: `${graph.name}, segment ${stage + 1}`,
        outputs: Object.fromEntries(outputs.map(([name, value]) => [name, now(value)])),
      },
      updates: Object.fromEntries([
        ...own.filter(([name]) => isUpdate(name)).map(([name]) => [name, updates[name]!] as const),
        ...[...means.map(({ name }) => name), ...passing.map((value) => names.get(value)!)].map(
          (name) => [name, name] as const,
        ),
      ]),
      results: own.map(([name]) => name).filter((name) => !isUpdate(name)),
      means: means.map(({ value: _, ...mean }) => mean),
    };
  };
  // from the last to the first, as each says what it needs of those before
  const backwards: Segment[] = [];
  for (let stage = last; stage >= 0; stage--) backwards.push(segment(stage));
  return backwards.reverse();
}

type MeanNode = Node<'AllReduceMean'>;

const nodeOf = ({ source }: Value): Node | undefined => (source.kind === 'node' ? source.node : undefined);
const isMean = (value: Value): boolean => nodeOf(value)?.op === 'AllReduceMean';
const attributesOf = (mean: Value) => (nodeOf(mean) as MeanNode).attributes;
const operandOf = (mean: Value): Value => nodeOf(mean)!.inputs[0]!;

/** Whether a graph waits for other processes. */
export const takesMeans = ({ outputs }: Graph): boolean =>
  nodesOf(Object.values(outputs)).some(({ op }) => op === 'AllReduceMean');

interface Ends {
  /** Where not to ask what a value is made of. */
  readonly isEnd: (value: Value) => boolean;
  /** What stands in the place of such a value. */
  readonly end: (value: Value) => Value;
}

/** The same operators up to some values, in whose place others stand. */
function cut(wanted: readonly Value[], { isEnd, end }: Ends): (value: Value) => Value {
  const become = new Map<Value, Value>();
  const now = (value: Value): Value => {
    const known = become.get(value);
    if (known) return known;
    const leaf = value.source.kind === 'node' ? end(value) : value;
    become.set(value, leaf);
    return leaf;
  };
  const ends = new Set<Value>();
  for (const value of valuesOf(wanted)) if (value.source.kind === 'node' && isEnd(value)) ends.add(value);
  for (const { op, inputs, attributes, outputs, scope } of nodesOf(wanted, ends)) {
    if (outputs.every((output) => ends.has(output))) continue;
    const fresh = scopedAs(scope, () => apply(op, inputs.map(now), attributes as never));
    for (const [i, output] of outputs.entries()) if (!ends.has(output)) become.set(output, fresh[i]!);
  }
  return now;
}

/** Every value that some depend on, themselves included. */
const valuesOf = (wanted: readonly Value[]): ReadonlySet<Value> =>
  new Set([...wanted, ...nodesOf(wanted).flatMap(({ inputs }) => inputs)]);
