/**
 * proc-title-template: the title under which a server's process is listed. Who owns the process sets it (cli/server); in a program
 * that uses the library the title is the program's.
 *
 *   {title} {listen-addr} {server-mode}  ──►  /usr/bin/redis-ts 127.0.0.1:6379      `{{` is a brace
 *
 * Source: redis 7.2.6 server.c (expandProcTitleTemplate, redisProcTitleGetVariable).
 */
import { type Bytes } from '../../base/bytes.js';

const VARIABLES = [
  'title',
  'listen-addr',
  'server-mode',
  'config-file',
  'port',
  'tls-port',
  'unixsocket',
] as const;

/** What stands for each variable. */
export type TitleVariables = Readonly<Record<(typeof VARIABLES)[number], string>>;

/** What a server that is being configured has for certain: its other variables may be empty. */
const LEAST: TitleVariables = {
  title: '',
  'listen-addr': '*:0',
  'server-mode': '',
  'config-file': '-',
  port: '0',
  'tls-port': '0',
  unixsocket: '',
};

/** The title, without blanks at its ends; undefined: there is an open brace, or an unknown variable. */
export function expandTitle(template: Bytes, variables: TitleVariables): string | undefined {
  let title = '';
  let at = 0;
  for (;;) {
    const open = template.indexOf('{', at);
    if (open < 0) break;
    title += template.slice(at, open);
    if (template[open + 1] === '{') {
      title += '{';
      at = open + 2;
      continue;
    }
    const close = template.indexOf('}', open);
    if (close < 0) return undefined;
    const name = template.slice(open + 1, close);
    const variable = VARIABLES.find((known) => known === name);
    if (variable === undefined) return undefined;
    title += variables[variable];
    at = close + 1;
  }
  return (title + template.slice(at)).replace(/^ +| +$/g, '');
}

/** Whether every server has a title by this template. */
export function isTitleTemplate(template: Bytes): boolean {
  const title = expandTitle(template, LEAST);
  return title !== undefined && title !== '';
}

export interface TitleFacts {
  /** The command by which the server was started. */
  readonly command: string;
  readonly configFile: string;
  readonly bind: readonly string[];
  /** 0: none. */
  readonly port: number;
  readonly tlsPort: number;
  readonly unixsocket: string;
}

/** The variables of a server that runs. */
export function titleVariables(facts: TitleFacts): TitleVariables {
  const { port, tlsPort, unixsocket, bind } = facts;
  const tcp = port !== 0 ? port : tlsPort;
  return {
    title: facts.command,
    'listen-addr': tcp !== 0 ? `${bind[0] ?? '*'}:${tcp}` : `unixsocket:${unixsocket}`,
    'server-mode': '',
    'config-file': facts.configFile === '' ? '-' : facts.configFile,
    port: String(port),
    'tls-port': String(tlsPort),
    unixsocket,
  };
}
