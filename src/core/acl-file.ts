/**
 * The file of `aclfile` on the disk. A relative path starts from `dir` as it is at the moment, as that of a process that has changed
 * its folder does in Redis. Called by the composition root.
 */
import { type Bytes } from './base/bytes.js';
import { type Disk } from './base/disk.js';
import { type AclFile } from './engine/access.js';
import { isAbsolute } from './live-config.js';
import { type Config } from './services/config/config.js';

/** @returns undefined when there is none */
export function aclFile(config: Config, disk: Disk): AclFile | undefined {
  const { aclfile } = config.values;
  if (aclfile === undefined || aclfile === '') return undefined;
  const path = () => (isAbsolute(aclfile) ? aclfile : disk.join(config.values.dir, aclfile));
  return {
    name: aclfile,
    read: () => disk.readText(path()) as Bytes,
    write: (text) => disk.writeText(path(), text),
  };
}
