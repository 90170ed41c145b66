/** Elements of the document, which the exporting program wrote. */

/** @throws Error where the document and its script do not belong together */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element '${id}'; index.html and its script are of two versions`);
  return found as T;
}

export function show(id: string, shown = true): void {
  element(id).hidden = !shown;
}

/** Writes into an element; what is the same already is not announced again. */
export function say(id: string, text: string): void {
  const place = element(id);
  if (place.textContent !== text) place.textContent = text;
}

/** Tells of trouble, or takes it away. */
export function trouble(text = ''): void {
  say('trouble', text);
  show('trouble', text !== '');
}
