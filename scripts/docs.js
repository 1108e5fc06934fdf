// Writes docs/diagnoses.md and docs/findings.md from the tables of diagnoses and findings, as compiled. Run by `npm run docs`; a test fails when one is stale.
import { writeFileSync } from 'node:fs';
import { diagnosesPage } from '../dist/core/diagnosis/document.js';
import { findingsPage } from '../dist/core/inspect/findings/document.js';

writeFileSync(new URL('../docs/diagnoses.md', import.meta.url), diagnosesPage());
writeFileSync(new URL('../docs/findings.md', import.meta.url), findingsPage());
