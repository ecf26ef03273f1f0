/** Shadows at the sides of a box beyond which there is more: what scrolls with the content covers them at its ends. */
const cues = [
  ...['90deg, var(--cover, var(--paper)) 40%', '-90deg, var(--cover, var(--paper)) 40%'].map((way) => [
    way,
    2.5,
    'local',
  ]),
  ...['90deg, var(--shade)', '-90deg, var(--shade)'].map((way) => [way, 0.8, 'scroll']),
]
  .map(
    ([way, width, moves], index) =>
      `linear-gradient(${way}, transparent) ${index % 2}00% 0 / ${width}rem 100% no-repeat ${moves}`,
  )
  .concat('var(--cover, var(--paper))')
  .join(', ');

/**
 * How the page looks: calm, dense enough to be read at a glance, light and dark as the reader's system is. Charts are made
 * for white: in the dark their lightness is turned round, hues kept, but where photographs are in them they are only dimmed.
 */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ground: #f6f7f9; --ink: #1c2024; --soft: #5b6470; --line: #dfe3e8; --accent: #0060a0;
  --good: #00704f; --bad: #b3261e; --warn: #8a5300; --good-bg: #e4f3ed; --bad-bg: #fbe9e7; --warn-bg: #fdf1de; --idle-bg: #eceff2;
  --shade: rgb(0 0 0 / .22);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #1b1e22; --ground: #121417; --ink: #e6e8eb; --soft: #a0a8b2; --line: #343a41; --accent: #7cc0f5;
    --good: #6fd3ac; --bad: #ff9d93; --warn: #f0bd72; --good-bg: #16352a; --bad-bg: #431d1a; --warn-bg: #3b2c12; --idle-bg: #2a2f35; --shade: rgb(0 0 0 / .75);
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 3.5rem; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
a { color: var(--accent); text-underline-offset: 2px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem 1rem; z-index: 3; }
header, main, footer { max-width: 1240px; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .9rem; letter-spacing: -.005em; }
h3 { font-size: .95rem; margin: 1.4rem 0 .5rem; }
h4 { font-size: .85rem; margin: 1.1rem 0 .35rem; color: var(--soft); font-weight: 600; }
p { margin: .4rem 0; }
.lead { font-size: 1.05rem; color: var(--soft); margin: .35rem 0 0; max-width: 70ch; }
.status { display: flex; flex-wrap: wrap; gap: .35rem .9rem; align-items: baseline; margin-top: .9rem; color: var(--soft); }
.soft { color: var(--soft); } .small { font-size: .86rem; } .nowrap { white-space: nowrap; }
.badge { display: inline-block; padding: .05rem .55rem; border-radius: 1rem; font-size: .8rem; font-weight: 600; white-space: nowrap; background: var(--idle-bg); color: var(--soft); }
.badge.good { background: var(--good-bg); color: var(--good); } .badge.bad { background: var(--bad-bg); color: var(--bad); }
.badge.warn { background: var(--warn-bg); color: var(--warn); }
nav { position: sticky; top: 0; background: var(--ground); z-index: 2; border-bottom: 1px solid var(--line); margin-top: 1.3rem; }
nav ul { list-style: none; margin: 0 auto; padding: .55rem 1.5rem; max-width: 1240px; display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; font-size: .9rem; }
nav a { text-decoration: none; } nav a:hover { text-decoration: underline; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(12.5rem, 1fr)); gap: .8rem; margin: 0; }
.padded { padding: .85rem 1.1rem .9rem; }
.tile { padding: .85rem 1.1rem .9rem; }
.tile dt { color: var(--soft); font-size: .86rem; }
.tile dd { margin: .1rem 0 0; font-size: 1.9rem; font-weight: 650; line-height: 1.15; font-variant-numeric: tabular-nums; letter-spacing: -.02em; }
.tile dd.note { font-size: .84rem; font-weight: 400; color: var(--soft); letter-spacing: 0; line-height: 1.4; margin-top: .25rem; }
.charts { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
figure { margin: 0; overflow: hidden; max-width: 100%; }
figure .drawing { background: #fff; color: #222; overflow-x: auto; border-radius: 8px 8px 0 0; }
figure .drawing img, figure .drawing svg.marks { display: block; max-width: 100%; height: auto; margin: 0 auto; min-width: min(var(--natural), 30rem); }
figure .vega-embed { display: block; padding: 0; width: 100%; } figure .vega-embed .chart-wrapper { display: block; }
figure .vega-embed summary { opacity: .35; } figure .vega-embed:hover summary, figure .vega-embed summary:focus { opacity: 1; }
figcaption { padding: .45rem .9rem .55rem; font-size: .84rem; color: var(--soft); border-top: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: .1rem .9rem; }
figcaption .grow { flex: 1 1 auto; }
.scroll, .graph { overflow-x: auto; background: ${cues}; }
.sideways { display: none; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; width: 100%; }
.scroll.card table { margin: 0; }
caption { text-align: left; font-weight: 600; padding: .6rem .8rem .35rem; font-size: .92rem; }
caption .soft { font-weight: 400; }
th, td { text-align: left; padding: .32rem .8rem; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--soft); font-weight: 600; font-size: .82rem; }
tbody th { font-weight: 500; }
.number { text-align: right; white-space: nowrap; }
.stack > * + * { margin-top: .8rem; }
.half { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); grid-auto-flow: dense; gap: .8rem; align-items: start; }
.half > .wide { grid-column: 1 / -1; }
.bar { display: block; height: .5rem; border-radius: 2px; background: #56b4e9; min-width: 1px; margin-top: .45rem; }
.bars td:last-child { width: 22%; min-width: 6rem; }
.images { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: .5rem; padding: .8rem; }
.images img { width: 100%; height: auto; display: block; border-radius: 4px; }
.graph { --cover: #fff; padding: .5rem; } .graph img { display: block; max-width: 100%; height: auto; min-width: calc(.6 * var(--wide)); margin: 0 auto; }
details.stage { margin-top: .5rem; overflow: hidden; }
details.stage > summary, details.more > summary { cursor: pointer; padding: .55rem .9rem; }
details.stage > summary { display: flex; flex-wrap: wrap; gap: .2rem .8rem; align-items: baseline; }
details.stage > summary::before { content: "▸"; color: var(--soft); width: .8rem; } details.stage[open] > summary::before { content: "▾"; }
details.stage > summary::-webkit-details-marker { display: none; }
details.stage > summary h3 { margin: 0; font-size: .95rem; overflow-wrap: anywhere; }
details.stage > .inside { padding: .2rem .9rem 1rem; border-top: 1px solid var(--line); }
details.more > summary { padding: .35rem 0; font-size: .88rem; color: var(--soft); }
pre { background: var(--ground); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; overflow: auto; font: .8rem/1.45 var(--mono); max-height: 24rem; margin: .4rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
code { font: .86em var(--mono); overflow-wrap: anywhere; }
.alert { border-left: 4px solid var(--bad); padding: .7rem 1.1rem; margin-top: 1rem; } .alert h3 { margin: 0 0 .2rem; }
.alert.warn { border-left-color: var(--warn); }
.alert ul { margin: .2rem 0; padding-left: 1.2rem; }
progress { width: 100%; height: .6rem; accent-color: var(--accent); }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; font-size: .88rem; margin: 0; }
dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
.changed th { white-space: nowrap; } .changed td { overflow-wrap: anywhere; }
.changed ins { text-decoration: none; font-weight: 600; } .changed del { color: var(--soft); }
footer { color: var(--soft); font-size: .84rem; padding-top: 2.5rem; padding-bottom: 2.5rem; }
@media screen and (prefers-color-scheme: dark) {
  figure .drawing { filter: brightness(.8); } .graph { --cover: #1c1c1c; }
  figure .drawing.plain, .graph img { filter: invert(.89) hue-rotate(180deg); }
  figure .drawing.plain:focus-visible { outline-color: #0060a0; }
}
@media (max-width: 640px) {
  figure .drawing.plain img, figure .drawing.plain svg.marks { min-width: 0; }
  figure .drawing:not(.plain) img, figure .drawing:not(.plain) svg.marks { min-width: min(var(--natural), 44rem); } .sideways { display: block; }
  caption { max-width: calc(100vw - 2rem); position: sticky; left: 0; }
  thead th:first-child, tbody th { position: sticky; left: 0; background: var(--paper); }
  tbody th { min-width: 7rem; max-width: 11.5rem; overflow-wrap: break-word; }
  .bars tr > :last-child { display: none; }
  .graph img { min-width: calc(.6 * var(--narrow)); }
  header, main, footer { padding-left: .9rem; padding-right: .9rem; } nav ul { padding-left: .9rem; padding-right: .9rem; }
  nav { position: static; } th, td { padding: .3rem .55rem; } figure { width: 100%; }
}
@media print {
  :root { --paper: #fff; --ground: #fff; --ink: #000; --soft: #444; --line: #bbb; --accent: #000; color-scheme: light; }
  body { font-size: 10pt; } nav, .skip, figure .vega-embed details, .screen { display: none !important; }
  header, main, footer { max-width: none; padding-left: 0; padding-right: 0; }
  figure, .tile, .card.keep, tr { break-inside: avoid; } h2, h3, caption { break-after: avoid; }
  pre { max-height: none; } .graph img { min-width: 0; }
  .scroll { overflow: visible; } table { font-size: 8pt; } th, td { padding: .2rem .4rem; } thead th { white-space: normal; }
  .half { display: block; } .half > * + * { margin-top: .8rem; }
  .bar, .badge { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
