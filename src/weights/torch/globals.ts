/** The names that a checkpoint may ask for, and what each becomes: data, never code. */
import type { DType } from '../host-tensor.js';
import { ELEMENT_BYTES, elementsOf, spanOf } from '../stored-tensor.js';
import { Global, Inert, kindOf, Storage, Tensor, Tuple, type Value } from './values.js';

type Call = (args: readonly Value[]) => Value;

/** PyTorch's type -> the name of its storage class and of its dtype. */
const TYPES: Readonly<Record<string, readonly [storage: string, ...names: string[]]>> = {
  float32: ['Float', 'float32', 'float'],
  float64: ['Double', 'float64', 'double'],
  float16: ['Half', 'float16', 'half'],
  bfloat16: ['BFloat16', 'bfloat16'],
  int64: ['Long', 'int64', 'long'],
  int32: ['Int', 'int32', 'int'],
  int16: ['Short', 'int16', 'short'],
  int8: ['Char', 'int8'],
  uint8: ['Byte', 'uint8'],
  bool: ['Bool', 'bool'],
};

/** PyTorch's own limit is 64. */
const MAX_AXES = 64;

/** Counts without a fraction: storage offsets, sizes and strides. */
function count(value: Value | undefined, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`expected ${what} as a whole number, got ${typeof value === 'number' ? value : kindOf(value)}`);
}

function counts(value: Value | undefined, what: string): number[] {
  const items = value instanceof Tuple ? value.items : value;
  if (!Array.isArray(items)) throw new TypeError(`expected ${what} as a tuple, got ${kindOf(value)}`);
  if (items.length > MAX_AXES) throw new TypeError(`expected ${what} of ${MAX_AXES} axes at most, got ${items.length}`);
  return items.map((item) => count(item, `each of ${what}`));
}

/** A view of a storage, inside its bounds: https://github.com/pytorch/pytorch/blob/v1.13.1/torch/_utils.py */
function view(args: readonly Value[], dtype?: DType): Tensor {
  const storage = args[0];
  if (!(storage instanceof Storage)) throw new TypeError(`expected a storage, got ${kindOf(storage)}`);
  const offset = count(args[1], 'the offset');
  const [shape, strides] = [counts(args[2], 'sizes'), counts(args[3], 'strides')];
  if (shape.length !== strides.length) throw new TypeError(`${shape.length} sizes, but ${strides.length} strides`);
  const type = dtype ?? storage.dtype;
  const [from, size] = [ELEMENT_BYTES[storage.dtype], ELEMENT_BYTES[type]];
  const elements = elementsOf(shape);
  const end = offset + spanOf({ shape, strides });
  if (!Number.isSafeInteger(elements) || !(end * size <= storage.size * from))
    throw new TypeError(
      `a tensor [${shape}] with strides [${strides}] from ${offset} reaches beyond the ${storage.size} elements of its storage`,
    );
  return new Tensor({
    dtype: type,
    shape,
    strides,
    offset: offset + (storage.offset * from) / size,
    storage: storage.bytes,
  });
}

/** The type behind sizes, strides, requires_grad and hooks. */
function viewOfBytes(args: readonly Value[]): Tensor {
  const type = args[6];
  if (!(type instanceof Global) || !type.dtype) throw new TypeError(`expected a dtype, got ${kindOf(type)}`);
  return view(args, type.dtype);
}

const first: Call = (args) => {
  if (args[0] === undefined) throw new TypeError('expected an argument');
  return args[0];
};

/** A dict, whatever else its class keeps: the pairs of an OrderedDict may come as an argument. */
const dict: Call = (args) => {
  const pairs = args.find((arg) => Array.isArray(arg)) as Value[] | undefined;
  const known = args.find((arg) => arg instanceof Map);
  if (known instanceof Map) return known; // no copy: a few bytes could ask for many
  return new Map((pairs ?? []).map((pair) => pairOf(pair)));
};

function pairOf(value: Value): [Value, Value] {
  const items = value instanceof Tuple ? value.items : value;
  if (!Array.isArray(items) || items.length !== 2) throw new TypeError(`expected a pair, got ${kindOf(value)}`);
  return [items[0]!, items[1]!];
}

/** A tensor with attributes or of a subclass: the function that makes it, and its arguments. */
const rebuilt: Call = ([make, , args]) => {
  if (!(make instanceof Global) || !make.call || !(args instanceof Tuple) || make.call === rebuilt)
    throw new TypeError(`expected a way to rebuild a tensor, got ${kindOf(make)}`);
  return make.call(args.items);
};

const CALLS: Readonly<Record<string, Call>> = {
  'torch._utils._rebuild_tensor': (args) => view(args),
  'torch._utils._rebuild_tensor_v2': (args) => view(args),
  'torch._utils._rebuild_tensor_v3': viewOfBytes,
  'torch._utils._rebuild_parameter': first,
  'torch._utils._rebuild_parameter_with_state': first,
  'torch._tensor._rebuild_from_type_v2': rebuilt,
  'torch.Size': (args) => (args[0] instanceof Tuple ? args[0] : new Tuple(Array.isArray(args[0]) ? args[0] : [])),
  'collections.OrderedDict': dict,
  'collections.defaultdict': dict,
  'collections.Counter': dict,
  '__builtin__.set': (args) => (Array.isArray(args[0]) ? args[0] : []),
  'builtins.set': (args) => (Array.isArray(args[0]) ? args[0] : []),
};

/** Classes whose objects are kept as they were pickled, and asked for nothing but a module's tensors. */
const INERT = [
  'argparse.Namespace',
  'torch.device',
  'torch.nn.parameter.Parameter',
  'torch.Tensor',
  // NumPy's numbers, as people keep accuracies
  'numpy.dtype',
  'numpy.core.multiarray.scalar',
  'numpy._core.multiarray.scalar',
  '_codecs.encode',
  // named by defaultdict as what makes its values
  ...['__builtin__', 'builtins'].flatMap((module) =>
    ['int', 'float', 'list', 'dict', 'str'].map((name) => `${module}.${name}`),
  ),
  // whole modules
  ...['ResNet', 'BasicBlock', 'Bottleneck'].map((name) => `torchvision.models.resnet.${name}`),
  'torch.nn.modules.conv.Conv2d',
  'torch.nn.modules.batchnorm.BatchNorm2d',
  'torch.nn.modules.batchnorm.SyncBatchNorm',
  'torch.nn.modules.linear.Linear',
  'torch.nn.modules.linear.Identity',
  'torch.nn.modules.activation.ReLU',
  'torch.nn.modules.activation.Softmax',
  'torch.nn.modules.pooling.MaxPool2d',
  'torch.nn.modules.pooling.AvgPool2d',
  'torch.nn.modules.pooling.AdaptiveAvgPool2d',
  'torch.nn.modules.flatten.Flatten',
  'torch.nn.modules.dropout.Dropout',
  'torch.nn.modules.container.Sequential',
  'torch.nn.modules.container.ModuleList',
  'torch.nn.parallel.data_parallel.DataParallel',
  'torch.nn.parallel.distributed.DistributedDataParallel',
];

const GLOBALS: ReadonlyMap<string, Global> = new Map(
  [
    ...Object.entries(CALLS).map(([name, call]) => new Global(name, call)),
    ...INERT.map((name) => new Global(name, () => new Inert(name))),
    ...Object.entries(TYPES).flatMap(([dtype, [storage, ...names]]) => [
      ...['torch', 'torch.cuda'].map((module) => storageClass(`${module}.${storage}Storage`, dtype as DType)),
      ...names.map((name) => new Global(`torch.${name}`, undefined, dtype as DType)),
    ]),
    // bytes that say nothing of their type
    ...['torch', 'torch.storage'].map((module) => storageClass(`${module}.UntypedStorage`, 'uint8')),
  ].map((global) => [global.name, global]),
);

function storageClass(name: string, dtype: DType): Global {
  return new Global(name, undefined, dtype);
}

export const globalNamed = (name: string): Global | undefined => GLOBALS.get(name);
