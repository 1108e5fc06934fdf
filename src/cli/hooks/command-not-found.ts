/** What oclif calls for a first word that is no command: `help`, as everywhere, or a hint at what was meant. */
import { loadHelpClass, type Hook } from '@oclif/core';
import { EXIT } from '../exit-codes.js';
import { nearest } from '../nearest.js';

const hook: Hook.CommandNotFound = async function ({ id, argv = [], config }) {
  if (id === 'help') {
    const Help = await loadHelpClass(config);
    await new Help(config).showHelp(argv.length > 0 ? [...argv] : ['--help']);
    return;
  }
  if (id === 'version') {
    process.stdout.write(`${config.userAgent}\n`);
    return;
  }
  const commands = config.commandIDs.filter((name) => !name.startsWith('autocomplete:'));
  const meant = nearest(id, commands);
  const hint = meant === undefined ? `the commands are ${commands.join(', ')}` : `did you mean ${meant}?`;
  process.stderr.write(`${config.bin}: unknown command ${id}: ${hint}\n`);
  process.exitCode = EXIT.usage;
};

export default hook;
