/** `handshake --report`: the page as a browser draws it, with JavaScript off, in two widths, light, dark and on paper. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumAvailable, openPage, type Drawn } from '../support/chromium.js';
import { startClone } from '../support/engineers-clone.js';
import { command, fullSync, startFakeMaster, type FakeMaster, type Script } from '../support/fake-master.js';
import { runCli } from '../support/run-cli.js';

const EVIL = `<script>document.title='ran'</script><img src=http://evil.test/x onerror=alert(1)>`;
const SLOW_MS = 90_000;

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'redis-ts-report-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The report on one handshake with a master. */
async function reportOn(master: FakeMaster, name: string, ...flags: string[]): Promise<string> {
  const file = join(dir, `${name}.html`);
  await runCli(['handshake', `:${master.port}`, '--report', file, '--timeout', '2', ...flags]);
  await master.stop();
  return file;
}

const reportOnScript = async (script: Script, name: string, ...flags: string[]): Promise<string> =>
  reportOn(await startFakeMaster(script), name, ...flags);

const open = (file: string, width = 1100, more: { dark?: boolean; print?: boolean } = {}): Promise<Drawn> =>
  openPage(pathToFileURL(file).href, { width, ...more });

describe('handshake --report', () => {
  it('is written whole, and says where it cannot be', async () => {
    const text = readFileSync(await reportOnScript({}, 'whole'), 'utf8');
    expect(text).toMatch(/^<!doctype html>\n[^]*<\/html>\n$/);
    const { code, stderr } = await runCli(['handshake', ':1', '--report', '/nonexistent/x.html']);
    expect([code, stderr.split('\n')[0]]).toEqual([
      2,
      'redis-ts handshake: --report: cannot write /nonexistent/x.html (ENOENT)',
    ]);
  });
});

describe.skipIf(!chromiumAvailable)('handshake --report in a browser', () => {
  it(
    "draws the engineer's clone: four faults, both handshakes, every message",
    async () => {
      const file = await reportOn(await startClone(), 'clone', '--follow', '--count', '2');
      for (const width of [1100, 420]) {
        const { texts, requests, complaints, rightmost } = await open(file, width);
        expect(complaints).toEqual([]);
        expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([pathToFileURL(file).href]);
        const ids = [
          'replica-keyed-by-address',
          'snapshot-without-checksum',
          'offset-never-moves',
          'bare-continue',
        ];
        for (const id of ids) expect(texts).toContain(id);
        const messages = [
          ...[
            'connect',
            'PING',
            '+PONG',
            'REPLCONF listening-port 6380',
            '+OK',
            'REPLCONF capa eof capa psync2',
          ],
          ...['PSYNC ? -1', '$10', 'closed by us'],
        ];
        for (const message of messages) expect(texts, message).toContain(message);
        expect(texts.find((text) => text.startsWith('-ERR Slave not registered: 127.0.0.1:'))).toBeDefined();
        expect(texts.find((text) => text.startsWith('+FULLRESYNC 8371b4fb'))).toBeDefined();
        expect(texts.find((text) => text.startsWith('SET key:'))).toBeDefined();
        expect(texts.filter((text) => /^100 px are /.test(text)).length).toBeGreaterThanOrEqual(2);
        // Nothing but what scrolls by itself is wider than the page.
        expect(rightmost).toBeLessThanOrEqual(width);
      }
    },
    SLOW_MS,
  );

  it(
    'lets nothing act that a server sent',
    async () => {
      const psync = (): string => fullSync() + command('SET', EVIL, EVIL);
      const replconf = `+${EVIL}\r\n`;
      const file = await reportOnScript(
        { on: { psync, replconf } },
        'evil',
        '--follow',
        '--count',
        '1',
        '--hex',
      );
      const { texts, requests, complaints } = await openPage(pathToFileURL(file).href, {
        width: 900,
        javascript: true,
      });
      expect(complaints).toEqual([]);
      expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([pathToFileURL(file).href]);
      expect(texts.some((text) => text.includes(EVIL.slice(0, 40)))).toBe(true);
    },
    SLOW_MS,
  );

  it(
    'runs no script even where one came in',
    async () => {
      const file = await reportOnScript({}, 'policy', '--no-psync');
      const broken = join(dir, 'broken.html');
      const attack = '<script>console.log(1)</script><img src="http://evil.test/x">';
      writeFileSync(broken, readFileSync(file, 'utf8').replace('</body>', `${attack}</body>`));
      const { complaints } = await openPage(pathToFileURL(broken).href, { width: 900, javascript: true });
      expect(complaints.filter((text) => /Content Security Policy/.test(text))).toHaveLength(2);
      expect(complaints.filter((text) => /^console/.test(text))).toEqual([]);
    },
    SLOW_MS,
  );

  it(
    'is light, dark, and light on paper',
    async () => {
      const file = await reportOnScript({}, 'colours');
      const light = await open(file);
      const dark = await open(file, 1100, { dark: true });
      const paper = await open(file, 794, { dark: true, print: true });
      expect(light.background).toBe('rgb(251, 251, 250)');
      expect(dark.background).toBe('rgb(21, 24, 27)');
      expect(dark.ink).toBe('rgb(230, 233, 236)');
      expect([paper.background, paper.ink]).toEqual(['rgb(255, 255, 255)', light.ink]);
      expect(paper.rightmost).toBeLessThanOrEqual(794);
      // The links within the page are of no use on paper.
      expect(light.texts).toContain('Bytes');
      expect(paper.texts.filter((text) => text === 'Bytes')).toHaveLength(1);
    },
    SLOW_MS,
  );
});
