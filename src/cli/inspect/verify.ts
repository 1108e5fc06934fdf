/** `inspect --verify OTHER`: compares the data of two live servers. Progress goes to stderr, on a terminal only. */
import ora from 'ora';
import { InspectClient } from '../../core/inspect/client.js';
import { verify, type Verification, type VerifyProgress } from '../../core/inspect/verify.js';
import { type SampleSize } from '../../core/inspect/verify-sample.js';
import { formatCount } from '../../core/inspect/units.js';
import { connectTo } from '../../core/net/client-connection.js';
import { resolveConnection } from '../connection-flags.js';
import { PLUGIN_EXIT } from '../exit-codes.js';
import { renderVerification, verificationJson } from '../render/inspect-verify.js';
import { targetName } from '../target.js';
import { type Terminal } from '../terminal.js';
import { writeJson, type InspectFlags, type Setup } from './setup.js';

/** 0 equal, 1 different, 3 could not tell. */
const EXITS: Readonly<Record<Verification['status'], number>> = {
  equal: PLUGIN_EXIT.ok,
  different: PLUGIN_EXIT.warning,
  unknown: PLUGIN_EXIT.unknown,
};

/** Prints the verdict; resolves with the exit code. Throws UsageError, rejects with InspectError when a server is not reached. */
export async function runVerify(
  { dial, options, clock }: Setup,
  other: string,
  flags: InspectFlags,
  how: { readonly sample?: SampleSize; readonly json: boolean; readonly terminal: Terminal },
): Promise<number> {
  // The user typed both addresses: the login of the flags is for both, unless the second has its own.
  const { target, tls, timeoutMs } = resolveConnection(other, flags);
  const name = targetName(target);
  const first = await InspectClient.open(dial, options.name, options);
  try {
    const dialOther = connectTo(target, { clock, tls, timeoutMs });
    const second = await InspectClient.open(dialOther, name, { clock, timeoutMs, login: target });
    try {
      const progress = progressLine(how.terminal.live && !how.json);
      const sides = [
        { name: options.name, client: first },
        { name, client: second },
      ] as const;
      const result = await verify(...sides, { clock, sample: how.sample, onProgress: progress.show }).finally(
        progress.stop,
      );
      if (how.json) writeJson(verificationJson(result));
      else process.stdout.write(renderVerification(result, how.terminal));
      return EXITS[result.status];
    } finally {
      second.close();
    }
  } finally {
    first.close();
  }
}

const REDRAW_MS = 100;

function progressLine(live: boolean): { show: (progress: VerifyProgress) => void; stop: () => void } {
  if (!live) return { show: () => undefined, stop: () => undefined };
  const startMs = Date.now();
  let shownMs = 0;
  const spinner = ora({ stream: process.stderr, discardStdin: false });
  return {
    show: ({ checked, keys }) => {
      const nowMs = Date.now();
      if (nowMs - shownMs < REDRAW_MS) return;
      shownMs = nowMs;
      const share = keys > 0 ? `${Math.min(100, Math.floor((checked / keys) * 100))}%, ` : '';
      const rate = Math.round(checked / Math.max(0.1, (nowMs - startMs) / 1000));
      spinner.start(`${share}${formatCount(checked)} keys compared, ${formatCount(rate)} keys/s`);
    },
    stop: () => void spinner.stop(),
  };
}
