/** AUTH and HELLO (redis 7.2.6 acl.c:authCommand, networking.c:helloCommand). */
import { ascii, isWord, type Bytes } from '../../base/bytes.js';
import { int64Arg } from '../args.js';
import { ClientFlag, type CommandContext } from '../context.js';
import { Errors, ReplyError } from '../errors.js';
import { checkClientName } from './names.js';
import { takeSecret } from '../redact.js';

const DEFAULT_USER = ascii('default');
const BAD_VERSION = new ReplyError('ERR Protocol version is not an integer or out of range');
const HELLO_NEEDS_AUTH = new ReplyError(
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> ' +
    'option can be used to authenticate the client and select the RESP protocol version at the same time',
);

/** AUTH [username] password */
export function auth(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length > 3) throw Errors.syntax;
  let user = DEFAULT_USER;
  let password = takeSecret(argv, 1);
  if (argv.length === 3) {
    user = password;
    password = takeSecret(argv, 2);
  } else if (ctx.server.acl.users.default.needsNoPassword) throw Errors.authWithoutPassword;
  if (!ctx.server.acl.authenticate(ctx.client, argv, user, password)) throw Errors.wrongPass;
  ctx.reply.ok();
}

interface HelloOptions {
  /** 0: the protocol stays as it is. */
  readonly resp: 0 | 2 | 3;
  readonly user: Bytes | undefined;
  readonly password: Bytes | undefined;
  readonly clientName: Bytes | undefined;
}

/** HELLO [protover [AUTH username password] [SETNAME clientname]] */
export function hello(ctx: CommandContext, argv: Bytes[]): void {
  const { client, server } = ctx;
  const { resp, user, password, clientName } = helloOptions(argv);
  if (user !== undefined && password !== undefined) {
    if (!server.acl.authenticate(client, argv, user, password)) throw Errors.wrongPass;
  }
  if (!(client.flags & ClientFlag.authenticated)) throw HELLO_NEEDS_AUTH;
  if (clientName !== undefined) client.name = clientName;
  if (resp !== 0) server.setProtocol(client, resp);
  // Inside a script or under CLIENT REPLY the answer goes to another writer than the client's own.
  if (resp !== 0) ctx.reply.resp = resp;
  describeServer(ctx);
}

function helloOptions(argv: Bytes[]): HelloOptions {
  const resp = argv.length > 1 ? protocolArg(argv[1]) : 0;
  let user: Bytes | undefined;
  let password: Bytes | undefined;
  let clientName: Bytes | undefined;
  for (let i = 2; i < argv.length; i++) {
    const left = argv.length - 1 - i;
    if (isWord(argv[i], 'auth') && left >= 2) {
      user = takeSecret(argv, ++i);
      password = takeSecret(argv, ++i);
    } else if (isWord(argv[i], 'setname') && left >= 1) {
      clientName = argv[++i];
      checkClientName(clientName);
    } else throw new ReplyError(`ERR Syntax error in HELLO option '${argv[i]}'`);
  }
  return { resp, user, password, clientName };
}

function protocolArg(text: Bytes): 2 | 3 {
  const version = int64Arg(text, BAD_VERSION);
  if (version !== 2 && version !== 3) throw Errors.noProto;
  return version;
}

function describeServer({ reply, client, server }: CommandContext): void {
  reply.map(7);
  reply.bulkText('server');
  reply.bulkText('redis');
  reply.bulkText('version');
  reply.bulkText(server.version);
  reply.bulkText('proto');
  reply.int(reply.resp);
  reply.bulkText('id');
  reply.int(client.id);
  reply.bulkText('mode');
  reply.bulkText('standalone');
  reply.bulkText('role');
  reply.bulkText(server.replication.isReplica ? 'replica' : 'master');
  reply.bulkText('modules');
  reply.array(0);
}
