/** The style of pages in a web folder: light and dark, for phones and desktops; texts keep a contrast of 4.5 to 1 on their ground. */
export const STYLE = `:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f5f6f8; --rule: #dde1e7; --ink: #171a1f; --soft: #5a6370; --main: #2560b8; --on-main: #ffffff; --bar: #d5e3f7; --wrong: #b42318; --wrong-ground: #fdf1f0;
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #14161a; --raised: #1d2026; --rule: #343a44; --ink: #e8eaee; --soft: #9ba4b1; --main: #82b1ff; --on-main: #10131a; --bar: #24395c; --wrong: #ff8f85; --wrong-ground: #2c1a1a; }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; }
main { max-width: 880px; min-height: 100vh; margin: 0 auto; padding: 56px 24px 32px; display: flex; flex-direction: column; gap: 28px; }
h1, h2, p, ol, figure, pre { margin: 0; padding: 0; }
h1 { font-size: 34px; line-height: 1.2; font-weight: 650; letter-spacing: -0.018em; overflow-wrap: anywhere; margin: 2px 0 6px; }
h2 { font-size: 20px; line-height: 1.3; font-weight: 650; margin-bottom: 4px; }
ol { list-style: none; }
.kind, .note, figcaption, footer { color: var(--soft); }
.note, figcaption { font-size: 15px; }
:focus-visible { outline: 2px solid var(--main); outline-offset: 3px; }
canvas { display: block; width: 100%; height: auto; border-radius: 8px; background: var(--raised); }
canvas.small { image-rendering: pixelated; }
figcaption { margin-top: 10px; }
pre { margin: 12px 0; padding: 12px 16px; background: var(--paper); border-radius: 8px; overflow-x: auto; user-select: all; }
code { font: 14px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.unserved { padding: 20px 24px; background: var(--raised); border-radius: 12px; animation: appear 0s 2s both; }
@keyframes appear { from { visibility: hidden; } to { visibility: visible; } }
.trouble { padding: 14px 18px; border-radius: 10px; background: var(--wrong-ground); color: var(--wrong); overflow-wrap: anywhere; }
progress { display: block; width: 100%; height: 8px; margin-top: 10px; accent-color: var(--main); }
#work { display: flex; flex-direction: column; gap: 32px; }

.drop { position: relative; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 2px; min-height: 148px; padding: 24px; text-align: center; border: 2px dashed var(--rule); border-radius: 14px; background: var(--raised); cursor: pointer; transition: border-color .15s; }
.drop:hover, .drop.over { border-color: var(--main); }
.drop strong { color: var(--main); font-size: 18px; font-weight: 600; }
.drop span { color: var(--soft); }
#work:has(#answer:not([hidden])) .drop { min-height: 92px; padding: 14px 24px; }
.drop input { position: absolute; inset: 0; width: 100%; opacity: 0; cursor: pointer; }
.drop:focus-within { outline: 2px solid var(--main); outline-offset: 3px; }

.answer { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); gap: 36px; align-items: start; }
.reconstruct .answer { grid-template-columns: repeat(2, minmax(0, 1fr)); }
.verdict { font-size: 26px; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em; overflow-wrap: anywhere; margin-bottom: 18px; min-height: 1.25em; }
figcaption output { white-space: nowrap; color: var(--ink); font-weight: 600; }
.bars li { position: relative; display: flex; justify-content: space-between; gap: 16px; padding: 8px 12px; margin-bottom: 8px; border-radius: 8px; overflow: hidden; background: linear-gradient(var(--bar), var(--bar)) left / calc(var(--share) * 100%) 100% no-repeat, var(--raised); }
.bars li:first-child { font-weight: 600; }
.bars span:first-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bars span:last-child { flex: none; }
.bars + .note { margin-top: 14px; }

.controls { display: flex; flex-wrap: wrap; gap: 12px 16px; align-items: end; }
.controls label { display: flex; flex-direction: column; gap: 4px; color: var(--soft); font-size: 14px; }
input[type=number], select, button { font: inherit; color: var(--ink); min-height: 44px; padding: 8px 14px; background: var(--raised); border: 1px solid var(--rule); border-radius: 10px; }
input[type=number] { width: 9em; }
select { max-width: 16em; }
button { cursor: pointer; font-weight: 550; }
button:hover { border-color: var(--main); }
button.main { background: var(--main); border-color: var(--main); color: var(--on-main); }
.controls + .note { margin: -16px 0 -20px; }
.samples { display: grid; grid-template-columns: repeat(8, minmax(0, 1fr)); gap: 10px; }
.samples button { padding: 0; min-height: 0; aspect-ratio: auto; border: 0; border-radius: 8px; background: none; }
.samples button[aria-pressed=true] { box-shadow: 0 0 0 2px var(--paper), 0 0 0 5px var(--main); }
.way { display: grid; grid-template-columns: 2fr 5fr 2fr; gap: 20px; align-items: center; max-width: 620px; margin: 20px auto 12px; }
input[type=range] { display: block; width: 100%; max-width: 620px; height: 44px; margin: 0 auto 12px; accent-color: var(--main); }
.way ~ p { text-align: center; }
footer { margin-top: auto; padding-top: 24px; border-top: 1px solid var(--rule); font-size: 14px; display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 24px; }

@media (max-width: 700px) {
  main { padding: 28px 16px 24px; gap: 22px; }
  h1 { font-size: 27px; }
  .drop { min-height: 112px; }
  .answer { grid-template-columns: minmax(0, 1fr); gap: 24px; }
  .answer > figure:first-child { max-width: 300px; }
  .reconstruct .answer { gap: 14px; }
  .reconstruct .answer > figure:first-child { max-width: none; }
  .samples { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  .way { gap: 12px; }
  .controls > * { flex: 1 1 40%; }
  .controls input, .controls select { width: 100%; max-width: none; }
}
@media (prefers-reduced-motion: reduce) { .drop { transition: none; } }
`;
