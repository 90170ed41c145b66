/**
 * The page's style sheet. Colours are named for their job and defined twice, for light and dark; every text colour keeps
 * a contrast of at least 4.5 to 1 on its ground (WCAG 2.2, criterion 1.4.3), every curve 3 to 1 (criterion 1.4.11). The four
 * hues of curves differ by 23 or more in CIE L*a*b* as colour-blind eyes see them too (Machado et al. 2009).
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f5f6f8; --rule: #e1e4e9; --ink: #171a1f; --soft: #5a6370;
  --first: #2560b8; --second: #c2500c; --third: #279b58; --fourth: #8d357a; --right: #1a7a45; --wrong: #b42318;
  --heat-hit: #2560b8; --heat-miss: #b84a08; --heat-ink: #000000;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --raised: #1d2026; --rule: #2d323a; --ink: #e8eaee; --soft: #9ba4b1;
    --first: #82b1ff; --second: #f5a26b; --third: #67eec7; --fourth: #d149b3; --right: #6fd29b; --wrong: #ff8f85;
    --heat-hit: #3b71c4; --heat-miss: #b3481a; --heat-ink: #e8eaee;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%;
}
main { max-width: 1100px; margin: 0 auto; padding: 56px 24px 96px; }
h1, h2, h3, p, dl, dd, ol, ul, figure { margin: 0; padding: 0; }
h1 { font-size: 30px; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 20px; line-height: 1.3; font-weight: 650; letter-spacing: -0.005em; margin-bottom: 16px; }
h3 { font-size: 14px; line-height: 1.4; font-weight: 600; }
section { margin-top: 56px; }
ol, ul { list-style: none; }
code, pre { font: 13px/1.55 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { margin: 8px 0 0; padding: 14px 16px; background: var(--raised); border-radius: 8px; overflow-x: auto; }
.command { white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; }
.note { color: var(--soft); max-width: 70ch; margin-bottom: 16px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--first); outline-offset: 3px; }
details { margin-top: 16px; }
summary { cursor: pointer; color: var(--soft); width: fit-content; }
summary:hover { color: var(--ink); }
section > details + h3, pre + h3, details + h3 { margin-top: 24px; }

.task { color: var(--soft); margin-bottom: 6px; }
.summary { display: grid; grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); gap: 20px 32px; margin-top: 32px; padding: 20px 0; border-block: 1px solid var(--rule); }
.summary dt { color: var(--soft); font-size: 13px; }
.summary dd { font-size: 22px; line-height: 1.3; font-weight: 600; letter-spacing: -0.01em; overflow-wrap: anywhere; }
.environment { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 12px 32px; margin-top: 8px; }
.environment dt { color: var(--soft); font-size: 13px; }
.environment dd { overflow-wrap: anywhere; }

.s0, .s4 { --colour: var(--first); }
.s1, .s5 { --colour: var(--second); }
.s2, .s6 { --colour: var(--third); }
.s3, .s7 { --colour: var(--fourth); }
.charts { display: grid; grid-template-columns: repeat(6, 1fr); gap: 32px 28px; }
.chart { min-width: 0; }
.chart.wide { grid-column: 1 / -1; }
.chart.large { grid-column: span 3; }
.chart.small { grid-column: span 2; }
.chart.large + .chart.small { grid-column: 1 / span 2; }
.chart figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 16px; margin-bottom: 4px; }
.legend { display: flex; flex-wrap: wrap; gap: 0 14px; font-size: 13px; color: var(--soft); }
.legend li::before, .run::before { content: ""; display: inline-block; width: 14px; height: 3px; border-radius: 2px; background: var(--colour); margin-right: 6px; vertical-align: 4px; }
:is(.s4, .s5, .s6, .s7):is(li, .run)::before { background: repeating-linear-gradient(90deg, var(--colour) 0 4px, transparent 4px 5px, transparent 5px); background-size: 5px 3px; }
.curves path:is(.s4, .s5, .s6, .s7) { stroke-dasharray: 6 5; stroke-linecap: butt; }
.legend b { color: var(--ink); font-weight: 600; }
.chart svg { display: block; width: 100%; height: auto; overflow: visible; }
.chart text { font-size: 11.5px; fill: var(--soft); }
.axes line { stroke: var(--rule); }
.chart .stop .mark { fill: var(--colour); }
.curves path { fill: none; stroke: var(--colour); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.curves circle, .stop circle { fill: var(--colour); stroke: var(--paper); stroke-width: 1.5; }
.marks line { stroke: var(--soft); stroke-dasharray: 4 3; }
.chart .marks text { paint-order: stroke; stroke: var(--paper); stroke-width: 5px; stroke-linejoin: round; }
svg.alone { background: var(--paper); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; }
.alone .title { font-size: 14px; font-weight: 600; fill: var(--ink); }
.alone .names { white-space: pre; }
.alone .names .mark { fill: var(--colour); }
.stop rect { fill: transparent; }
.stop :not(rect) { visibility: hidden; pointer-events: none; }
.stop:hover :not(rect) { visibility: visible; }
.stop line { stroke: var(--soft); stroke-dasharray: 2 3; }
.chart .stop text { fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 6px; stroke-linejoin: round; white-space: pre; }

img { display: block; width: 100%; height: auto; border-radius: 6px; background: var(--raised); }
img.pixels { image-rendering: pixelated; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(148px, 1fr)); gap: 24px 20px; }
.card { min-width: 0; font-size: 13px; }
.verdict { margin: 8px 0 6px; font-size: 14px; overflow-wrap: anywhere; }
.mark { font-weight: 700; }
.right .mark { color: var(--right); }
.wrong .mark { color: var(--wrong); }
.wrong img { outline: 2px solid var(--wrong); outline-offset: 2px; }
.card li { display: flex; justify-content: space-between; gap: 8px; padding-bottom: 5px; margin-bottom: 5px; color: var(--soft);
  background: linear-gradient(var(--first), var(--first)) left bottom / calc(var(--share) * 100%) 3px no-repeat, linear-gradient(var(--rule), var(--rule)) left bottom / 100% 3px no-repeat; }
.card li span:first-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.card li.true span { color: var(--ink); font-weight: 600; }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 20px 12px; }
.pair { min-width: 0; }
.pair img + img { margin-top: 4px; }
.pair figcaption { margin-top: 6px; font-size: 12px; line-height: 1.35; color: var(--soft); overflow-wrap: anywhere; }

.scroll { overflow: auto; max-height: 85vh; }
table { border-collapse: collapse; }
caption { text-align: left; color: var(--soft); padding-bottom: 10px; }
th { font-weight: 500; text-align: left; }
.hit { --heat: var(--heat-hit); }
.miss { --heat: var(--heat-miss); }
.shades i { background: color-mix(in oklab, var(--heat) calc(var(--shade, 0) * 100%), var(--raised)); }
.shades { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; font-size: 13px; color: var(--soft); margin-bottom: 18px; }
.shades span { display: inline-flex; align-items: center; gap: 0; }
.shades i { width: 16px; height: 16px; }
.shades i + i { margin-right: 6px; }
.confusion { border-collapse: separate; border-spacing: 1px; }
.confusion td, .confusion tbody th { padding: 0; }
.confusion tbody td { background-color: var(--raised); color: var(--heat-ink); text-align: center; width: var(--cell); min-width: var(--cell); height: var(--cell); font-size: var(--text); }
.confusion tbody td.hit, .confusion tbody td.miss { background-color: color-mix(in oklab, var(--heat) calc(var(--shade, 0) * 100%), var(--raised)); }
.confusion tbody td.strong { color: #ffffff; }
.confusion tbody th { position: sticky; left: 0; background: var(--paper); padding-right: 10px; text-align: right; white-space: nowrap; max-width: 180px; overflow: hidden; text-overflow: ellipsis; font-size: var(--head); line-height: 1; }
.confusion thead th { vertical-align: bottom; padding: 0 0 6px; font-size: var(--head); }
.confusion thead th span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg); max-height: 130px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; width: var(--cell); line-height: var(--cell); }
.roomy { --cell: 46px; --text: 14px; --head: 14px; }
.close { --cell: 28px; --text: 11px; --head: 13px; }
.dense { --cell: 13px; --text: 0; --head: 11px; }
.dense td span { display: none; }

.beside { display: flex; flex-wrap: wrap; gap: 32px 56px; align-items: flex-start; }
.beside > * { flex: 1 1 360px; min-width: 0; }
.beside > .matrix { flex: 0 0 auto; max-width: 100%; }
.below { margin-top: 32px; }
.long { max-height: 620px; }
.figures, .numbers { width: 100%; }
.figures caption { font-weight: 600; color: var(--ink); }
.figures thead th, .numbers thead th { position: sticky; top: 0; background: var(--paper); color: var(--soft); font-size: 13px; }
.figures th, .figures td, .numbers th, .numbers td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--rule); overflow-wrap: anywhere; }
.figures .number, .numbers td, .numbers th { text-align: right; white-space: nowrap; }
.numbers th:first-child { text-align: left; }
.figures :is(th, td):last-child, .numbers :is(th, td):last-child { padding-right: 0; }
.distribution { display: block; width: 150px; height: 22px; margin-left: auto; }
.distribution path { fill: var(--first); }
.bar span { display: inline-block; width: 92px; padding-bottom: 3px; background: linear-gradient(var(--first), var(--first)) left bottom / calc(var(--share) * 100%) 3px no-repeat, linear-gradient(var(--rule), var(--rule)) left bottom / 100% 3px no-repeat; }

.compared { width: auto; }
.compared thead th { color: var(--ink); font-weight: 600; }
.compared :is(th, td) { vertical-align: top; padding-right: 28px; overflow-wrap: break-word; }
.compared tbody th { color: var(--soft); white-space: nowrap; }
.compared th[scope=rowgroup] { padding-top: 28px; color: var(--ink); font-weight: 600; }

@media (max-width: 760px) {
  main { padding: 32px 16px 64px; }
  h1 { font-size: 24px; }
  section { margin-top: 44px; }
  .summary { grid-template-columns: 1fr 1fr; gap: 16px; }
  .summary dd { font-size: 19px; }
  .charts { grid-template-columns: minmax(0, 1fr); }
  .chart.large, .chart.small { grid-column: 1 / -1; }
  .chart.large text { font-size: 16px; }
  .chart.wide text { font-size: 24px; }
  .cards { grid-template-columns: repeat(auto-fill, minmax(136px, 1fr)); gap: 20px 16px; }
  .confusion tbody th { max-width: 110px; }
  .roomy { --cell: 34px; --text: 12px; --head: 13px; }
  .bar span { width: 60px; }
}
@media print { .stop { display: none; } .scroll { max-height: none; overflow: visible; } }
`;
