/**
 * BaseCommand: what the four commands share as oclif classes. An error ends as one clear line on stderr; bad usage is followed
 * by the command's usage line and its exit code; a stack trace is shown only under DEBUG=redis-ts*. ClientCommand adds
 * the target argument and the connection flags.
 *
 * A command sets `static usage` (without the binary's name) and overrides `exitCodes` when its codes differ.
 */
import { Args, Command, Errors } from '@oclif/core';
import { connectionFlags, outputFlags } from './connection-flags.js';
import { debugs } from './debugs.js';
import { EXIT } from './exit-codes.js';
import { onInterrupt } from './interrupt.js';
import { nearest } from './nearest.js';
import { thisTerminal } from './terminal.js';
import { inSigns } from './text.js';
import { UsageError } from './usage-error.js';

export abstract class BaseCommand extends Command {
  /** What bad usage and any other failure exit with. */
  protected readonly exitCodes: { readonly usage: number; readonly failed: number } = EXIT;

  /** See cli/interrupt; the code is the command's own (130, or 0 for what runs until stopped). */
  protected onInterrupt(cleanup: (signal: NodeJS.Signals) => void | Promise<void>, code: number): () => void {
    return onInterrupt(cleanup, code);
  }

  /** Ends the process with `code` once stdout and stderr have been written. */
  protected leave(code: number): void {
    process.exitCode = code;
  }

  /** Every error of init, parse and run comes here: it is printed, never thrown on. */
  protected override catch(error: Error): Promise<void> {
    if (error instanceof Errors.ExitError) throw error;
    const usage = isUsageError(error);
    // oclif would warn that nothing was parsed; the error said why.
    this.parsed = true;
    this.leave(usage ? this.exitCodes.usage : this.exitCodes.failed);
    const name = `${this.config.bin} ${this.id ?? ''}`;
    process.stderr.write(`${name}: ${usage ? this.usageMessage(error) : oneLine(error.message)}\n`);
    if (usage) {
      const line = [this.ctor.usage].flat()[0];
      if (line !== undefined)
        process.stderr.write(inSigns(`Usage: ${this.config.bin} ${line}\n`, thisTerminal().unicode));
      process.stderr.write(`More:  ${name} --help\n`);
    }
    if (debugs(this.id ?? '', process.env.DEBUG)) process.stderr.write(`${error.stack ?? error.message}\n`);
    return Promise.resolve();
  }

  private usageMessage(error: Error): string {
    const stray = /^Unexpected argument: (\S+)/.exec(error.message)?.[1];
    if (stray !== undefined && /^\d+(\.\d+)?(ms|s|m)?$/.test(stray) && 'follow' in (this.ctor.flags ?? {})) {
      return `unexpected argument ${stray}: --follow takes none; use --for ${/\d$/.test(stray) ? `${stray}s` : stray} or --count ${parseInt(stray, 10)}`;
    }
    const unknown = /^Nonexistent flags?: (\S+?),?(\s|$)/.exec(error.message);
    if (!unknown) {
      const message = error.message.replace(/\n?See more help with --help\s*$/, '');
      return oneLine(message.replace(/^(Parsing --\S+|The following errors? occurred:)\s+/, ''));
    }
    const flags = Object.keys({ ...this.ctor.baseFlags, ...this.ctor.flags });
    const meant = nearest(unknown[1].replace(/^-+/, ''), flags);
    return `unknown flag ${unknown[1]}${meant === undefined ? '' : `: did you mean --${meant}?`}`;
  }
}

/** A command that connects to one server. Its `static args` is `targetArgs`: oclif reads no inherited ones. */
export abstract class ClientCommand extends BaseCommand {
  static override baseFlags = { ...connectionFlags, ...outputFlags };
}

export const targetArgs = {
  target: Args.string({
    // Otherwise oclif takes what is piped into us for the target.
    ignoreStdin: true,
    description:
      '[default: 127.0.0.1:6379] host:port, host, :port, [::1]:6379, redis://user:pass@host:port, rediss://…, unix:///path',
  }),
};

/** Whether `error` is about what was typed: ours, or one of oclif's parser, whose lexer says no more of itself than its words. */
function isUsageError(error: Error): boolean {
  return error instanceof UsageError || 'parse' in error || /^Flag --\S+ expects /.test(error.message);
}

function oneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, ' ').trim();
}
