#!/usr/bin/env node
import { runDirect } from '../dist/cli/direct.js';

const exitCode = await runDirect(process.argv.slice(2));
if (exitCode !== undefined) process.exit(exitCode);
const { execute } = await import('@oclif/core');
await execute({ dir: import.meta.url });
