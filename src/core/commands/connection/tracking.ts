/** CLIENT TRACKING, CACHING, TRACKINGINFO and GETREDIR: client-side caching (redis 7.2.6 networking.c:clientCommand, tracking.c). */
import { EMPTY, compareBytes, isWord, type Bytes } from '../../base/bytes.js';
import { int64Arg } from '../args.js';
import { prefixCollision, type TrackingMode } from '../../services/tracking.js';
import { ClientFlag, type Client, type CommandContext } from '../context.js';
import { Errors, ReplyError, printed } from '../errors.js';

/** What is said of a client that tracks nothing. */
const NO_REDIRECTION = -1;

const TWO_REDIRECTIONS = new ReplyError('ERR A client can only redirect to a single other client');
const UNKNOWN_REDIRECTION = new ReplyError('ERR The client ID you want redirect to does not exist');
const PREFIX_WITHOUT_BCAST = new ReplyError('ERR PREFIX option requires BCAST mode to be enabled');
const BCAST_SWITCH = new ReplyError(
  "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a " +
    'different mode.',
);
const OPT_WITH_BCAST = new ReplyError('ERR OPTIN and OPTOUT are not compatible with BCAST');
const OPT_BOTH = new ReplyError("ERR You can't specify both OPTIN mode and OPTOUT mode");
const OPT_SWITCH = new ReplyError(
  "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a " +
    'different mode.',
);
const NOT_TRACKED = new ReplyError(
  'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled',
);
const YES_WITHOUT_OPTIN = new ReplyError(
  'ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.',
);
const NO_WITHOUT_OPTOUT = new ReplyError(
  'ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.',
);

interface Options {
  redirect: number;
  broadcast: boolean;
  optIn: boolean;
  optOut: boolean;
  noLoop: boolean;
  readonly prefixes: Bytes[];
}

type Switch = 'broadcast' | 'optIn' | 'optOut' | 'noLoop';

const SWITCHES: readonly (readonly [word: string, option: Switch])[] = [
  ['bcast', 'broadcast'],
  ['optin', 'optIn'],
  ['optout', 'optOut'],
  ['noloop', 'noLoop'],
];

/** CLIENT TRACKING <ON | OFF> [REDIRECT id] [BCAST] [PREFIX prefix [PREFIX prefix ...]] [OPTIN] [OPTOUT] [NOLOOP] */
export function clientTracking(ctx: CommandContext, argv: Bytes[]): void {
  const { client, server } = ctx;
  const options = readOptions(ctx, argv);
  if (isWord(argv[2], 'on')) {
    checkModes(options, client.tracking);
    checkPrefixes(options, client.tracking);
    const { prefixes, ...mode } = options;
    const all = options.broadcast && prefixes.length === 0 ? [EMPTY] : prefixes;
    server.tracking.enable(client, { ...mode, prefixes: new Set(all) });
  } else if (isWord(argv[2], 'off')) server.tracking.disable(client);
  else throw Errors.syntax;
  ctx.reply.ok();
}

function readOptions(ctx: CommandContext, argv: readonly Bytes[]): Options {
  const options: Options = {
    redirect: 0,
    broadcast: false,
    optIn: false,
    optOut: false,
    noLoop: false,
    prefixes: [],
  };
  for (let i = 3; i < argv.length; i++) {
    const more = i + 1 < argv.length;
    const word = SWITCHES.find(([name]) => isWord(argv[i], name));
    if (word !== undefined) options[word[1]] = true;
    else if (isWord(argv[i], 'redirect') && more) {
      if (options.redirect !== 0) throw TWO_REDIRECTIONS;
      options.redirect = Number(int64Arg(argv[++i]));
      if (ctx.server.clients.byId(options.redirect) === undefined) throw UNKNOWN_REDIRECTION;
    } else if (isWord(argv[i], 'prefix') && more) options.prefixes.push(argv[++i]);
    else throw Errors.syntax;
  }
  return options;
}

/** Options that exclude each other, or what the client has. */
function checkModes({ broadcast, optIn, optOut, prefixes }: Options, old: TrackingMode | undefined): void {
  if (!broadcast && prefixes.length > 0) throw PREFIX_WITHOUT_BCAST;
  if (old !== undefined && old.broadcast !== broadcast) throw BCAST_SWITCH;
  if (broadcast && (optIn || optOut)) throw OPT_WITH_BCAST;
  if (optIn && optOut) throw OPT_BOTH;
  if ((optIn && old?.optOut) || (optOut && old?.optIn)) throw OPT_SWITCH;
}

function checkPrefixes({ broadcast, prefixes }: Options, old: TrackingMode | undefined): void {
  if (!broadcast) return;
  const collision = prefixCollision(prefixes, old?.prefixes ?? []);
  if (collision === undefined) return;
  const kind = collision.among === 'existing' ? 'an existing prefix' : 'another provided prefix';
  throw new ReplyError(
    `ERR Prefix '${printed(collision.prefix)}' overlaps with ${kind} '${printed(collision.other)}'. ` +
      'Prefixes for a single client must not overlap.',
  );
}

/** CLIENT CACHING <YES | NO>: for the next command or transaction. */
export function clientCaching({ client, reply }: CommandContext, argv: Bytes[]): void {
  if (client.tracking === undefined) throw NOT_TRACKED;
  if (isWord(argv[2], 'yes')) {
    if (!client.tracking.optIn) throw YES_WITHOUT_OPTIN;
  } else if (!isWord(argv[2], 'no')) throw Errors.syntax;
  else if (!client.tracking.optOut) throw NO_WITHOUT_OPTOUT;
  client.setFlag(ClientFlag.caching, true);
  reply.ok();
}

/** CLIENT GETREDIR: -1 for a client that tracks nothing, 0 when it is told itself. */
export function clientGetredir({ client, reply }: CommandContext): void {
  reply.int(client.tracking?.redirect ?? NO_REDIRECTION);
}

/** CLIENT TRACKINGINFO */
export function clientTrackinginfo({ client, reply }: CommandContext): void {
  const flags = flagsOf(client);
  const prefixes = [...(client.tracking?.prefixes ?? [])].sort(compareBytes);
  reply.map(3);
  reply.bulkText('flags');
  reply.set(flags.length);
  for (const flag of flags) reply.bulkText(flag);
  reply.bulkText('redirect');
  reply.int(client.tracking?.redirect ?? NO_REDIRECTION);
  reply.bulkText('prefixes');
  reply.bulks(prefixes);
}

function flagsOf({ tracking, flags }: Client): string[] {
  if (tracking === undefined) return ['off'];
  const caching = (flags & ClientFlag.caching) !== 0;
  const shown: readonly (readonly [boolean, string])[] = [
    [true, 'on'],
    [tracking.broadcast, 'bcast'],
    [tracking.optIn, 'optin'],
    [tracking.optIn && caching, 'caching-yes'],
    [tracking.optOut, 'optout'],
    [tracking.optOut && caching, 'caching-no'],
    [tracking.noLoop, 'noloop'],
    [(flags & ClientFlag.trackingBroken) !== 0, 'broken_redirect'],
  ];
  return shown.filter(([is]) => is).map(([, name]) => name);
}
