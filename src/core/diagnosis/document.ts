/** docs/diagnoses.md, made of the table: `npm run docs` writes it, a test compares it. Pure. */
import { type Chapter } from './entry.js';
import { CHAPTERS, DIAGNOSES } from './table.js';

const HEAD = `# Diagnoses

What \`redis-ts handshake\` can find, in the order in which a handshake meets it. A **fault** means that replication does not work, and the
command exits with 1; a *warning* means that it works, and that something will go wrong later. The same text is printed by
\`redis-ts handshake --explain ID\`.

The two chapters at the end are about replicas, seen from their master: \`redis-ts serve --trace\` finds those.

This page is made from the table in \`src/core/diagnosis/entries\` by \`npm run docs\`: edit there.
`;

/** The page, ending with a newline. */
export function diagnosesPage(): string {
  const chapters = Object.entries(CHAPTERS) as [Chapter, string][];
  const parts = chapters.map(([chapter, title]) => {
    const entries = DIAGNOSES.filter((entry) => entry.chapter === chapter);
    return [`## ${title}`, ...entries.map(section)].join('\n\n');
  });
  return [HEAD.trimEnd(), ...parts].join('\n\n') + '\n';
}

function section(entry: (typeof DIAGNOSES)[number]): string {
  const severity = entry.severity === 'fault' ? '**fault**' : '*warning*';
  const list = [
    `- Seen: ${entry.seen}`,
    `- Do: ${entry.fix}`,
    `- Why: ${entry.explain}`,
    `- Source: ${entry.source}${modesOf(entry)}`,
  ];
  return [`### ${entry.id}`, `${severity}: ${entry.means}`, list.join('\n')].join('\n\n');
}

/** The rows of the list of failure modes. */
function modesOf({ modes }: (typeof DIAGNOSES)[number]): string {
  if (modes.length === 0) return '';
  return `; [failure mode${modes.length === 1 ? '' : 's'} ${modes.join(', ')}](failure-modes.md)`;
}
