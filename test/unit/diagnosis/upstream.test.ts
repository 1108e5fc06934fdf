/** Whom an examination asks besides its target, and what it tells them. */
import { describe, expect, it } from 'vitest';
import { examineWire, type WireScript } from '../../support/wire-master.js';
import { info } from './gallery/case.js';

const replica = (host: string, runId: string): string =>
  info({ role: 'slave', master_host: host, master_port: 6379, master_link_status: 'down', run_id: runId });

describe('a replica whose own link is down', () => {
  it('is followed upwards without the login that was given for it', async () => {
    const asked: string[] = [];
    const above: WireScript = {
      on: {
        '*': (args) => {
          asked.push(args.join(' '));
          return '-ERR no\r\n';
        },
        info: (args) => {
          asked.push(args.join(' '));
          return info({ role: 'master', run_id: 'b'.repeat(40) });
        },
      },
    };
    const { ids } = await examineWire(
      {
        on: {
          auth: '+OK\r\n',
          psync: "-NOMASTERLINK Can't SYNC while not connected with my master\r\n",
          info: replica('10.0.0.9', 'a'.repeat(40)),
        },
      },
      { user: 'repl', pass: 'hunter22', others: { '10.0.0.9:6379': above } },
    );
    expect(ids).toContain('nomasterlink');
    expect(asked).toEqual(['INFO']);
  });

  const REFUSED = { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED', layer: 'connect' } as const;
  const ABOVE: readonly (readonly [string, WireScript, RegExp])[] = [
    ['refuses', { fails: () => REFUSED }, /10\.0\.0\.9:6379 refuses the connection/],
    ['is silent', { on: { '*': () => undefined, info: () => undefined } }, /did not answer in time\.$/],
    [
      'wants a password',
      { on: { info: '-NOAUTH Authentication required.\r\n' } },
      /no INFO without a login, and none is sent there\.$/,
    ],
    ['leaves', { connect: (connection) => connection.close() }, /did not answer INFO\.$/],
  ];
  it.each(ABOVE)('is told what its master does: it %s', async (_, above, said) => {
    const { finding } = await examineWire(
      {
        on: {
          psync: "-NOMASTERLINK Can't SYNC while not connected with my master\r\n",
          info: replica('10.0.0.9', 'a'.repeat(40)),
        },
      },
      { others: { '10.0.0.9:6379': above } },
    );
    expect(finding('nomasterlink')?.text).toMatch(said);
  });
});
