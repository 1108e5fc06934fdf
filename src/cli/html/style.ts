/** The style sheet of a report: light and dark by the reader's preference, light on paper, no fonts or images from elsewhere. */

const LIGHT = `
  --paper: #fbfbfa; --card: #fff; --ink: #1c2024; --soft: #5d6670; --line: #dcdfe3; --code: #f1f3f5;
  --good: #18794e; --warn: #96560a; --bad: #c4252b; --note: #1f6bba;
  --good-bg: #e6f4ec; --warn-bg: #fdf1dd; --bad-bg: #fdeaea; --note-bg: #e8f1fb;`;

const DARK = `
  --paper: #15181b; --card: #1c2024; --ink: #e6e9ec; --soft: #9aa4ae; --line: #333a41; --code: #23282d;
  --good: #5bd09a; --warn: #f0b352; --bad: #ff8589; --note: #75b5f5;
  --good-bg: #17301f; --warn-bg: #35280f; --bad-bg: #3a1b1d; --note-bg: #16293c;`;

export const STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main, header, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.75rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .75rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0 0 .35rem; }
p { margin: .4rem 0; }
.lead, .soft, caption, footer { color: var(--soft); }
footer { margin-top: 2.5rem; padding-bottom: 2rem; font-size: .85rem; }
nav { margin-top: .75rem; font-size: .9rem; }
nav a { margin-right: 1rem; white-space: nowrap; }
a { color: var(--note); }
code, pre, .mono { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { background: var(--code); border-radius: 4px; padding: .1em .3em; }
pre { background: var(--code); border-radius: 6px; padding: .7rem .85rem; margin: .5rem 0; overflow-x: auto; white-space: pre; overflow-wrap: normal; }
.badge { display: inline-block; border-radius: 1em; padding: .1em .7em; font-size: .85rem; font-weight: 600; white-space: nowrap; }
h1 .badge { margin-left: .4rem; vertical-align: .15em; }
.good { color: var(--good); background: var(--good-bg); }
.warn { color: var(--warn); background: var(--warn-bg); }
.bad { color: var(--bad); background: var(--bad-bg); }
.note { color: var(--note); background: var(--note-bg); }
.card { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--tone, var(--line)); border-radius: 6px; padding: .8rem 1rem; margin: .75rem 0; break-inside: avoid; }
.card.tone-good { --tone: var(--good); } .card.tone-warn { --tone: var(--warn); } .card.tone-bad { --tone: var(--bad); } .card.tone-note { --tone: var(--note); }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1.25rem; margin: .75rem 0; }
dt { color: var(--soft); } dd { margin: 0; }
.scroll { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: normal; }
td.wide { overflow-wrap: anywhere; min-width: 12rem; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; white-space: nowrap; }
th.number, td.number { text-align: right; white-space: nowrap; }
details { margin: .5rem 0; } summary { cursor: pointer; color: var(--soft); }
.track { width: 8rem; margin-top: .4rem; } .bar { height: .5rem; min-width: 2px; print-color-adjust: exact; border-radius: 2px; background: var(--note); }
svg { display: block; max-width: 100%; height: auto; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .4rem; } main, header, footer { padding-left: .9rem; padding-right: .9rem; } }
@media print {
  :root { color-scheme: light; ${LIGHT} --paper: #fff; }
  body { font-size: 10.5pt; } nav { display: none; } main, header, footer { max-width: none; padding-left: 0; padding-right: 0; }
  h2 { break-after: avoid; } tr { break-inside: avoid; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
}
`;
