/** The pieces of a report page: everything inserted is escaped, nothing is fetched, the same page gives the same text. */
import { describe, expect, it } from 'vitest';
import { escapeHtml, html, raw } from '../../../../src/cli/html/html.js';
import { renderPage } from '../../../../src/cli/html/page.js';
import { bar, card, fold, paragraph, pre, table } from '../../../../src/cli/html/parts.js';

const EVIL = `<script>alert(1)</script>" onload='x' & \u202e\x1b[31m`;
const HARMLESS = '&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;x&#39; &amp; \\u{202e}\\x1b[31m';

describe('html', () => {
  it('escapes text, takes pieces as they are, leaves nothing for undefined and false', () => {
    expect(escapeHtml(EVIL)).toBe(HARMLESS);
    expect(
      html`<b title="${EVIL}">${[1, html`<i>${'a<b'}</i>`, undefined, false]}${raw('<hr>')}</b>`.text,
    ).toBe(`<b title="${HARMLESS}">1<i>a&lt;b</i><hr></b>`);
  });

  it('keeps the lines of text that stands as it is', () => {
    expect(pre('a\n\tb\r\n').text).toContain('<pre>a\n\tb\\x0d\n</pre>');
  });

  it('makes code of what stands in backquotes, and keeps a backquote that stands alone', () => {
    expect(paragraph('answer `+OK` to `x').text).toContain('<p>answer <code>+OK</code> to `x</p>');
  });

  it('keeps a bar within its bounds', () => {
    expect(bar(7).text).toContain('width: 100%');
    expect(bar(-1).text).toContain('width: 0%');
  });
});

describe('renderPage', () => {
  const page = {
    title: EVIL,
    badge: { tone: 'bad' as const, text: EVIL },
    lead: EVIL,
    facts: [[EVIL, EVIL]] as const,
    sections: [
      {
        id: 'one',
        title: EVIL,
        body: card('warn', EVIL, table([{ title: EVIL, kind: 'wide' }], [[EVIL]], EVIL)),
      },
      { id: 'two', title: 'Two', body: fold(EVIL, pre(EVIL), true) },
    ],
    footer: EVIL,
  };

  it('lets nothing through that came from outside', () => {
    const text = renderPage(page);
    expect(text).toMatch(/^<!doctype html>\n/);
    expect(text).not.toContain('<script');
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\u202e]/);
    expect(text.split(HARMLESS).length - 1).toBe(15);
  });

  it('refers to nothing outside of itself', () => {
    const text = renderPage({ ...page, title: 'T' });
    expect(text).toContain(`content="default-src &#39;none&#39;; style-src`);
    expect(text).not.toMatch(/\b(src|href)="(?!#|data:,)/);
    expect(text).not.toMatch(/url\(|@import|https?:/);
  });

  it('links its sections', () => {
    const text = renderPage(page);
    for (const { id } of page.sections) {
      expect(text).toContain(`<a href="#${id}">`);
      expect(text).toContain(`<section id="${id}">`);
    }
  });
});
