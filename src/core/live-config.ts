/**
 * What CONFIG SET changes outside the engine and the listening addresses, and what is said of directives that change nothing.
 *
 * Called by the composition root once, before the server starts.
 */
import { type Bytes } from './base/bytes.js';
import { DiskError, type Disk } from './base/disk.js';
import { Veto, type Config } from './services/config/config.js';
import { WITHOUT_EFFECT, type DirectiveName } from './services/config/tables.js';
import { type Log } from './services/log.js';

const ABSOLUTE = /^([\\/]|[a-zA-Z]:[\\/])/;

/** Whether a path does not depend on the folder. */
export function isAbsolute(path: Bytes): boolean {
  return ABSOLUTE.test(path);
}

/** `dir` at run time: it must be usable; a relative path starts from the folder before (redis 7.2.6 config.c:setConfigDirOption). */
export function followFolder(config: Config, disk: Disk): void {
  let before = config.values.dir;
  config.onChange('dir', ({ dir }) => {
    const folder = isAbsolute(dir) ? dir : (disk.join(before, dir) as Bytes);
    try {
      disk.checkFolder(folder);
    } catch (error) {
      throw error instanceof DiskError ? new Veto(error.reason) : error;
    }
    if (folder !== dir) config.assign('dir', folder);
    before = folder;
  });
}

/**
 * Says in the log which directives have another value than Redis's default and change nothing here. Each is said once for
 * each value: at the start, and when CONFIG SET changes it.
 */
export function reportWithoutEffect(config: Config, log: Log): void {
  const said = new Map<DirectiveName, Bytes>();
  const report = () => {
    for (const [name, reason] of WITHOUT_EFFECT) {
      const value = config.text(name);
      if (said.get(name) === value || (config.isDefault(name) && !said.has(name))) continue;
      said.set(name, value);
      if (!config.isDefault(name)) log.warning(`${name} ${value} has no effect: ${reason}`);
    }
  };
  report();
  config.onChange([...WITHOUT_EFFECT.keys()], report);
}
