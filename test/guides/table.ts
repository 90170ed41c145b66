/** The commands of the README's table of things to do, in their order, made small enough for CI. */

const COMMAND = /`((?:mpirun [^`]*?)?resmirror [^`]+)`/g;

/** @throws Error where a page has no such table */
export function commandsOf(page: string): readonly string[] {
  const table = /^\| \| \|\n\|---\|---\|\n((?:\|.*\n)+)/m.exec(page)?.[1];
  if (table === undefined) throw new Error('the page has no table of two columns without a heading');
  return [...table.matchAll(COMMAND)].map(([, command]) => command!);
}

const NET = '--net \'{"bottleneck":false,"repeats":[1,1],"width":4}\'';
const FEW = '--size 16 --epochs 1';

/** What a command says -> what a test says in its place; the first that fits. */
const SMALL: readonly (readonly [RegExp, string])[] = [
  [/^(mpirun) -np 4 (.*) --batch 256$/, `$MPIRUN --oversubscribe --bind-to none -np 2 $2 --batch 16 ${NET} ${FEW}`],
  [/^(.*) --device webgpu$/, `$1 --device cpu ${NET} ${FEW}`],
  // the checkpoint of somebody else, which is to be had by then
  [/^(resmirror train .* --from (\S+\.pth) .*)$/, `resmirror export runs/photos --format pth --out $2; $1 ${FEW}`],
  [/^(resmirror train (?:classify|reconstruct|generate) .*)$/, `$1 ${NET} ${FEW}`],
  [
    /^(resmirror serve .*) --grpc-port \d+$/,
    '$1 --port $PORT --grpc-port 0 & curl -sf --retry 30 --retry-connrefused --retry-delay 1 $URL/v2/health/ready; kill %1; wait %1',
  ],
];

export function small(command: string): string {
  const row = SMALL.find(([form]) => form.test(command));
  return row ? command.replace(row[0], row[1]) : command;
}
