#!/usr/bin/env -S npx tsx
// Runs the commands from source: `npx tsx bin/dev.js serve --port 7379`.
import { execute } from '@oclif/core';

await execute({ development: true, dir: import.meta.url });
