/** `inspect --tree`: the whole topology, drawn or as JSON. */
import { crawl } from '../../core/inspect/tree.js';
import { PLUGIN_EXIT } from '../exit-codes.js';
import { renderTree } from '../render/inspect-tree.js';
import { type Terminal } from '../terminal.js';
import { writeJson, type Setup } from './setup.js';

/** Prints it; resolves with the exit code. Rejects with InspectError when the target cannot be asked. */
export async function runTree(
  { dial, options, reach, thresholds }: Setup,
  how: { readonly json: boolean; readonly terminal: Terminal },
): Promise<number> {
  const { clock, name, timeoutMs, login, shareLogin } = options;
  const topology = await crawl({ dial, name }, { clock, timeoutMs, login, shareLogin, thresholds, reach });
  if (how.json) writeJson(topology);
  else process.stdout.write(renderTree(topology, how.terminal));
  return PLUGIN_EXIT[topology.status];
}
