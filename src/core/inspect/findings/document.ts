/** docs/findings.md and `inspect --explain`, made of the catalogue: `npm run docs` writes the page, a test compares it. Pure. */
import { CATALOGUE, CHAPTERS, FINDING_IDS, type FindingChapter, type FindingId } from './catalogue.js';

const HEAD = `# Findings

What \`redis-ts inspect\` can find, by theme. A **critical** finding makes it exit with 2, a *warning* with 1; info changes nothing. The
same text is printed by \`redis-ts inspect --explain ID\`. The advice that inspect itself prints has the figures that it measured
in it, and the commands to paste.

This page is made from the table in \`src/core/inspect/findings/catalogue.ts\` by \`npm run docs\`: edit there.
`;

/** The page, ending with a newline. */
export function findingsPage(): string {
  const chapters = Object.entries(CHAPTERS) as [FindingChapter, string][];
  const parts = chapters.map(([chapter, title]) => {
    const ids = FINDING_IDS.filter((id) => CATALOGUE[id].chapter === chapter);
    return [`## ${title}`, ...ids.map(section)].join('\n\n');
  });
  return [HEAD.trimEnd(), ...parts].join('\n\n') + '\n';
}

function section(id: FindingId): string {
  const { when, means, act } = CATALOGUE[id];
  return [`### ${id}`, `- When: ${when}`, `- Means: ${means}`, `- Do: ${act}`]
    .join('\n')
    .replace('\n', '\n\n');
}

/** One finding as plain text; undefined for an id that there is not. */
export function explainFinding(id: string): string | undefined {
  if (!Object.hasOwn(CATALOGUE, id)) return undefined;
  const { when, means, act } = CATALOGUE[id as FindingId];
  const plain = (text: string) => text.replace(/[*`]/g, '');
  return `${id}\n  When   ${plain(when)}\n  Means  ${plain(means)}\n  Do     ${plain(act)}\n`;
}
