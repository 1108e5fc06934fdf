/**
 * What the programs of bench/, differential/, proof/ and conformance/ share. Their exit codes: 0 all is well, 1 something was found,
 * 2 bad usage, 3 a server or a file is not there.
 */
import { ourCommand, realRedisServer, splitCommand } from './server-process.js';

/** Ends a program with a line for its user. */
export class ToolError extends Error {
  constructor(
    message: string,
    readonly exitCode = 3,
  ) {
    super(message);
  }
}

/** The exit code is what `main` gives, or what its error says. Nothing of the program comes after it. */
export async function runTool(main: () => Promise<number>): Promise<void> {
  process.exitCode = await main().catch((error: unknown) => {
    if (error instanceof ToolError) return say(error.message, error.exitCode);
    return say(error instanceof Error ? (error.stack ?? error.message) : String(error), 3);
  });
}

/** Prints a line on stderr. @returns `code`, to return it in turn */
export function say(text: string, code: number): number {
  console.error(text);
  return code;
}

/** The command that starts our server: as given, or the built one. Throws ToolError. */
export function oursOrThrow(given?: string): readonly string[] {
  const ours = given === undefined ? ourCommand() : splitCommand(given);
  if (ours === undefined) throw new ToolError('our server is not built: npm run build, or give --ours');
  return ours;
}

/** The path of a real redis-server: as given, or the one on this machine. Throws ToolError. */
export function peerOrThrow(given?: string): string {
  const peer = given ?? realRedisServer();
  if (peer === undefined) throw new ToolError('no real redis-server: give --peer');
  return peer;
}

/** A seed as given, or one that chance gives. */
export function seedFrom(given?: string): number {
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
