/** The two ways to meet a port with the wrong expectation of TLS, each confirmed by speaking to it the other way. */
import { afterEach, describe, expect, it } from 'vitest';
import { startFakeMaster, type FakeMaster } from '../../support/fake-master.js';
import { examinePort } from '../../support/examine.js';
import { TLS_CERT, TLS_KEY } from '../../support/tls-cert.js';

let master: FakeMaster | undefined;
afterEach(async () => {
  await master?.stop();
  master = undefined;
});

const TLS = { cert: TLS_CERT, key: TLS_KEY };

describe('TLS', () => {
  it('goes through when both sides speak it', async () => {
    master = await startFakeMaster({ tls: TLS });
    const { verdict, outcome } = await examinePort(master.port, { tls: true });
    expect(verdict).toBe('passed');
    expect(outcome.kind).toBe('full');
  });

  it('plain-on-tls-port', async () => {
    master = await startFakeMaster({ tls: TLS });
    const { ids, verdict, finding } = await examinePort(master.port);
    expect(ids).toEqual(['plain-on-tls-port']);
    expect(finding('plain-on-tls-port')?.confirmed).toBe('a TLS handshake with the same port went through.');
    expect(verdict).toBe('failed');
  });

  it('plain-on-tls-port by the words of the server alone', async () => {
    master = await startFakeMaster({
      raw: (_chunk, c) => c.send('-ERR Bad TLS header, double check if you enabled TLS\r\n'),
    });
    const { ids, finding } = await examinePort(master.port);
    expect(ids).toEqual(['plain-on-tls-port']);
    expect(finding('plain-on-tls-port')?.confirmed).toBeUndefined();
  });

  it('tls-on-plain-port, when the server answers the ClientHello', async () => {
    master = await startFakeMaster({
      raw: (chunk, c) => c.send(chunk[0] === 0x16 ? '-ERR unknown command\r\n' : '+PONG\r\n'),
    });
    const { ids, finding } = await examinePort(master.port, { tls: true });
    expect(ids).toEqual(['tls-on-plain-port']);
    expect(finding('tls-on-plain-port')?.confirmed).toContain('was answered');
  });

  it('tls-on-plain-port, when the server waits for the rest of a line', async () => {
    master = await startFakeMaster({
      raw: (chunk, c) => (chunk[0] === 0x16 ? undefined : c.send('+PONG\r\n')),
    });
    expect((await examinePort(master.port, { tls: true })).ids).toEqual(['tls-on-plain-port']);
  });
});
