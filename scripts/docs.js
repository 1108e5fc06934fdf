// Writes docs/diagnoses.md from the table of diagnoses, as compiled. Run by `npm run docs`; a test fails when it is stale.
import { writeFileSync } from 'node:fs';
import { diagnosesPage } from '../dist/core/diagnosis/document.js';

writeFileSync(new URL('../docs/diagnoses.md', import.meta.url), diagnosesPage());
