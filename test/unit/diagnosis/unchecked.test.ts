/** What could not be looked at for want of INFO is said, once, and why. */
import { describe, expect, it } from 'vitest';
import { examineWire, type WireOptions, type WireScript } from '../../support/wire-master.js';
import { bulk } from '../../support/fake-master.js';
import { info } from './gallery/case.js';

async function notesOf(script: WireScript, options: WireOptions = {}): Promise<unknown[]> {
  const { events } = await examineWire(script, options);
  return events.flatMap((event) =>
    event.kind === 'note' && event.text.startsWith('not checked') ? [[event.text, event.unchecked]] : [],
  );
}

const NOPERM = "-NOPERM User repl has no permissions to run the 'info' command\r\n";
const AFTER_FULL_SYNC = ['who-counts-us', 'listing', 'offset', 'reconnect'];

describe('what INFO would have told', () => {
  it('is nothing to speak of when it is answered', async () => {
    expect(await notesOf({})).toEqual([]);
    expect(await notesOf({ on: { info: NOPERM } }, { aim: 'none' })).toEqual([]);
  });

  it('is named when INFO is refused, with the refusal', async () => {
    const why = "answered `-NOPERM User repl has no permissions to run the 'info' command`";
    expect(await notesOf({ on: { info: NOPERM } })).toEqual([
      [
        'not checked: whether a Sentinel or min-replicas-to-write counts us, how it lists us, whether its own id and offset ' +
          `agree with what it told, whether it would continue a lost link (INFO ${why})`,
        { checks: AFTER_FULL_SYNC, info: why },
      ],
    ]);
  });

  it('is named when INFO is not answered, or is no text', async () => {
    expect(await notesOf({ on: { info: () => undefined } })).toMatchObject([
      [expect.stringMatching(/\(INFO was not answered in 1\.5 s\)$/), { checks: AFTER_FULL_SYNC }],
    ]);
    expect(await notesOf({ on: { info: ':1\r\n' } })).toMatchObject([
      [expect.stringContaining("RESP's type integer"), { checks: AFTER_FULL_SYNC }],
    ]);
  });

  it('is named when INFO lacks what is compared', async () => {
    expect(await notesOf({ on: { info: bulk('# Replication\r\nrole:master\r\n') } })).toEqual([
      [
        'not checked: whether its own id and offset agree with what it told, whether it would continue a lost link ' +
          '(INFO has no master_replid and no master_repl_offset)',
        { checks: ['offset', 'reconnect'], info: 'has no master_replid and no master_repl_offset' },
      ],
    ]);
  });

  it('is what the server is, where PSYNC is refused', async () => {
    const script = { on: { info: NOPERM, psync: '-ERR no\r\n' } };
    expect(await notesOf(script)).toMatchObject([
      [expect.anything(), { checks: ['server', 'who-counts-us'] }],
    ]);
    expect(await notesOf({ on: { ping: '-LOADING wait\r\n', info: NOPERM } })).toMatchObject([
      [expect.anything(), { checks: ['server'] }],
    ]);
    expect(await notesOf({ on: { ping: '-LOADING wait\r\n', info: info({ loading: 1 }) } })).toEqual([]);
  });

  it('is the reason of a full sync that nobody asked for', async () => {
    const aim = { replid: 'f'.repeat(40) as never, offset: 5 };
    const script = { on: { info: NOPERM, psync: `+FULLRESYNC ${'a'.repeat(40)} 0\r\n$0\r\n` } };
    expect(await notesOf(script, { aim })).toMatchObject([
      [expect.stringContaining('why the position was not continued'), expect.anything()],
    ]);
  });
});
