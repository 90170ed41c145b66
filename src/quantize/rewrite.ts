/**
 * The graph with 8-bit numbers around every operator that has an 8-bit form, as ONNX's "QDQ" format writes it: quantise,
 * dequantise, operator. Engines fuse the three. Activations: uint8, one scale per value; weights: int8, symmetric, one scale per
 * output channel (Jacob et al. 2018, https://arxiv.org/abs/1712.05877, section 2; Nagel et al. 2021, https://arxiv.org/abs/2106.08295, 2.2).
 */
import {
  apply,
  constant,
  dequantizeLinear,
  type Graph,
  type Node,
  quantizeLinear,
  rewrite,
  scalar,
  type Value,
  withOutputs,
} from '../graph/index.js';
import { quantisedValues, type Range, type Ranges } from './ranges.js';

/** Values of parameters by name. */
export type Numbers = ReadonlyMap<string, Float32Array>;

export function quantisedGraph(graph: Graph, ranges: Ranges, weights: Numbers): Graph {
  const chosen = quantisedValues(graph);
  const rounded = (value: Value, made: Value) => (chosen.has(value) ? through(made, ranges.of(value)) : made);
  const made = rewrite<Value>(graph, {
    leaf: (value) => rounded(value, value),
    node(node, inputs) {
      const operands = isWeighted(node) ? withWeights(node, inputs, ranges, weights) : inputs;
      const outputs = apply(node.op, operands, node.attributes as never);
      return outputs.map((output, i) => rounded(node.outputs[i]!, output));
    },
  });
  return withOutputs(graph, (_, value) => made(value));
}

const isWeighted = ({ op }: Node): boolean => op === 'Conv' || op === 'Gemm';

const scaleOf = ({ low, high }: Range) => Math.max(high - low, 1e-6) / 255;

function through(x: Value, range: Range): Value {
  const scale = scalar(scaleOf(range));
  const zero = constant([Math.round(-range.low / scaleOf(range))], [], 'uint8');
  return dequantizeLinear(quantizeLinear(x, scale, zero), scale, zero);
}

/** Operands with the weight as int8, and the bias as int32 in units of input times weight: the sum that it is added to. */
function withWeights(node: Node, inputs: readonly Value[], ranges: Ranges, weights: Numbers): readonly Value[] {
  const [given, weight, bias] = node.inputs as [Value, Value, Value | undefined];
  const numbersOf = ({ source }: Value) => (source.kind === 'parameter' ? weights.get(source.name) : undefined);
  const numbers = numbersOf(weight);
  const shift = bias && numbersOf(bias);
  if (!numbers || (bias && !shift)) return inputs;
  const axis = node.op === 'Gemm' && !node.attributes.transB ? 1 : 0;
  const { scales, values } = perChannel(numbers, weight.shape as readonly number[], axis);
  const outputs = [scales.length];
  const filter = dequantizeLinear(
    constant(values, weight.shape, 'int8'),
    constant(scales, outputs),
    constant(new Int8Array(scales.length), outputs, 'int8'),
    axis,
  );
  if (!shift) return [inputs[0]!, filter];
  const units = scales.map((scale) => scale * scaleOf(ranges.of(given)));
  const whole = Int32Array.from(shift, (b, i) => Math.round(b / units[i]!));
  return [
    inputs[0]!,
    filter,
    dequantizeLinear(constant(whole, outputs, 'int32'), constant(units, outputs), undefined, 0),
  ];
}

function perChannel(numbers: Float32Array, shape: readonly number[], axis: number) {
  const channels = shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const channelOf = (i: number) => Math.floor(i / inner) % channels;
  const largest = new Float32Array(channels);
  numbers.forEach((number, i) => {
    largest[channelOf(i)] = Math.max(largest[channelOf(i)]!, Math.abs(number));
  });
  const scales = largest.map((most) => Math.max(most, 1e-8) / 127);
  return { scales, values: Int8Array.from(numbers, (number, i) => Math.round(number / scales[channelOf(i)]!)) };
}
