/** The standard networks, each as a program of training and of inference: compiled, and not run, since where operators go is settled then. */
import { elements, type Graph, input, nodesOf, parametersOf, type Value } from '../../src/graph/index.js';
import { lower } from '../../src/lower/index.js';
import { buildNetwork, type Network, networkNamed } from '../../src/models/index.js';
import { Build } from '../../src/nn/index.js';
import { crossEntropy, meanSquaredError, optimizers, trainingStep } from '../../src/optim/index.js';
import { float32, type Runtime, type Tensors } from '../../src/runtime/index.js';

const BATCH = 2;

const resnets = ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'];
const small = { variant: 'cifar', size: [32, 32] } as const;

export const standard: readonly Network[] = [
  ...resnets.map((name) => networkNamed(name, { size: [64, 64], classes: 10 })),
  ...resnets.map((name) => networkNamed(`transpose-${name}`, { size: [64, 64], latent: 16 })),
  ...['cifar-resnet20', 'cifar-resnet110'].map((name) => networkNamed(name, { classes: 10 })),
  networkNamed('autoencoder-resnet18', { ...small, latent: 16 }),
  networkNamed('autoencoder-resnet50', { size: [64, 64], latent: 16 }),
];

/** Forward, backward and the update of every parameter. */
function training(network: Network): Graph & { readonly updates: Readonly<Record<string, string>> } {
  const build = new Build({ training: true });
  const y = network.forward(input('x', [BATCH, ...network.input]), build);
  const target: Value = input('target', y.shape);
  const loss = y.shape.length === 2 ? crossEntropy(y, target) : meanSquaredError(y, target);
  const { graph, updates } = trainingStep({
    loss,
    optimizer: optimizers.sgd({ momentum: 0.9 }),
    tracked: build.updates,
  });
  return { ...graph, updates };
}

/** Zeros do: no run sees them. */
const zeros = (graph: Graph): Tensors =>
  Object.fromEntries(
    parametersOf(graph).map(({ source, shape }) => [
      source.name,
      float32(new Float32Array(elements(shape)), shape as number[]),
    ]),
  );

/** Compiles all of them; what is refused, and how many nodes were placed. */
export async function placed(
  runtime: Runtime,
): Promise<{ readonly nodes: number; readonly refused: readonly string[] }> {
  const refused: string[] = [];
  let nodes = 0;
  const place = async (what: string, graph: Graph, options: Parameters<Runtime['compile']>[1]) => {
    nodes += nodesOf(Object.values(lower(graph, await runtime.target()).outputs)).length;
    await runtime.compile(graph, options).then(
      (program) => program.release(),
      ({ message }: Error) => refused.push(`${what}: ${message}`),
    );
  };
  for (const network of standard) {
    const { updates, ...step } = training(network);
    await place(`training ${network.name}`, step, { updates });
    const answer = { name: network.name, outputs: { y: buildNetwork(network, { batch: BATCH }).y } };
    await place(`inference ${network.name}`, answer, { weights: zeros(answer) });
  }
  return { nodes, refused };
}
