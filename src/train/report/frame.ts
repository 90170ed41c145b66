import { type Html, html, raw } from './html.js';
import { STYLE } from './style.js';

/** Forbids the page to load or run anything, whatever text found its way into it. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

export interface Frame {
  readonly title: string;
  /** Above the title, what the page is about. */
  readonly kind: string;
  /** Below it. */
  readonly summary: Html;
  readonly sections: readonly (Html | false | undefined)[];
}

/** A whole page, which needs no network, no script and no other file. */
export const page = ({ title, kind, summary, sections }: Frame): string =>
  html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${title}</title><style>${raw(STYLE)}</style></head><body><main>
<header><p class="task">${kind}</p><h1>${title}</h1>${summary}</header>
${sections}
</main></body></html>
`.text;

export const section = (title: string, content: Html): Html => html`<section><h2>${title}</h2>${content}</section>\n`;

/** Labels, each with its value. */
export const pairsOf = (entries: readonly (readonly [string, string])[], kind: string): Html =>
  html`<dl class="${kind}">${entries.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`;
