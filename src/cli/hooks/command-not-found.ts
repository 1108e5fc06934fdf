/** What oclif calls for a first word that is no command: `help`, as everywhere, or a hint at what was meant. */
import { loadHelpClass, type Hook } from '@oclif/core';
import { EXIT } from '../exit-codes.js';
import { nearest } from '../nearest.js';

const hook: Hook.CommandNotFound = async function ({ id, argv = [], config }) {
  // oclif has joined words that could be a topic and its command.
  const [word, ...rest] = [...id.split(':'), ...argv];
  if (word === 'help') {
    const Help = await loadHelpClass(config);
    await new Help(config).showHelp(rest.length > 0 ? rest : ['--help']);
    return;
  }
  if (word === 'version') {
    process.stdout.write(`${config.userAgent}\n`);
    return;
  }
  const commands = config.commandIDs.filter((name) => !name.startsWith('autocomplete:'));
  const meant = nearest(word, commands);
  const hint = meant === undefined ? `the commands are ${commands.join(', ')}` : `did you mean ${meant}?`;
  process.stderr.write(`${config.bin}: unknown command ${word}: ${hint}\n`);
  process.exitCode = EXIT.usage;
};

export default hook;
