// JSON.parse keeps the last of duplicate keys in silence and moves keys that look like integers to the front. Where keys are the
// names of tensors neither will do, so this scan, which allocates nothing but the keys, looks at the text itself.

/** Deeper text is refused before JSON.parse builds a tree many times its size. A header needs three levels. */
const MAX_DEPTH = 8;

/** More values are refused too: `{},` takes three bytes of text and sixty of memory. The headers of the largest models have a tenth. */
const MAX_VALUES = 1_000_000;

/**
 * The keys of the outermost object, in the order of the text.
 *
 * Finds duplicate keys at any depth, excessive nesting and too many values; every other error is left to JSON.parse, which must accept the text too.
 *
 * @throws SyntaxError naming the duplicate key, on nesting deeper than 8, or on more than a million values
 */
export function topLevelKeys(text: string): string[] {
  const outermost = new Set<string>();
  const open: (Set<string> | undefined)[] = []; // the keys so far of each enclosing object; nothing for a list
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (',[{'.includes(char) && ++values > MAX_VALUES) throw new SyntaxError(`it has more than ${MAX_VALUES} values`);
    if (char === '{') open.push(open.length === 0 ? outermost : new Set());
    else if (char === '[') open.push(undefined);
    else if (char === '}' || char === ']') open.pop();
    else if (char === '"') {
      const end = endOfString(text, at);
      if (followedByColon(text, end)) addKey(JSON.parse(text.slice(at, end)), open.at(-1));
      at = end - 1;
    }
    if (open.length > MAX_DEPTH) throw new SyntaxError(`nested deeper than ${MAX_DEPTH} levels`);
  }
  return [...outermost];
}

function addKey(key: string, keys: Set<string> | undefined): void {
  if (keys?.has(key)) throw new SyntaxError(`duplicate key ${JSON.stringify(key)}`);
  keys?.add(key);
}

/** The place after the closing quote: the next quote behind an even number of backslashes; the end of the text without one. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let unescaped = quote;
    while (text[unescaped - 1] === '\\') unescaped--;
    if ((quote - unescaped) % 2 === 0) return quote + 1;
  }
  return text.length;
}

function followedByColon(text: string, from: number): boolean {
  let at = from;
  while (' \t\r\n'.includes(text[at] ?? 'end')) at++;
  return text[at] === ':';
}
