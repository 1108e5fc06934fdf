/**
 * The way past oclif for what runs as a server: `serve` and `replica` take redis-server's command line, which oclif does not read
 * anyway, and oclif with its help, plugins and colours would stay in memory as long as the server lives. Help and everything that is
 * wrong with a command line go oclif's way, so there is one place that words them.
 */

type Start = (args: readonly string[]) => Promise<number>;

const STARTS: Readonly<Record<string, () => Promise<Start>>> = {
  serve: async () => (await import('./server/serve.js')).serve,
  replica: async () => (await import('./server/replica.js')).replica,
};

/** What oclif takes for a question wherever it stands before `--` (package.json, additionalHelpFlags). */
const HELP: readonly string[] = ['--help', '-h'];

/**
 * Runs the server that `argv` (the words behind the program's name) asks for, until it ends.
 *
 * @returns the exit code; undefined when nothing was started: oclif is to find out why
 */
export async function runDirect(argv: readonly string[]): Promise<number | undefined> {
  const [id, ...args] = argv;
  if (!Object.hasOwn(STARTS, id ?? '') || asksForHelp(args)) return undefined;
  const start = await STARTS[id]();
  // Whatever throws does so before the server was started, and would again.
  return start(args).catch(() => undefined);
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).some((arg) => HELP.includes(arg));
}
