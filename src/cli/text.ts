/** Text for terminals: what servers sent made harmless, aligned columns, wrapped paragraphs. Pure; used by the renderers. */

/** Text from a server that cannot steer the terminal: control characters and those that reorder or hide text become \xNN or \u{N}. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (char) => {
    const code = char.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** As `printable`, but line ends and tabs stay: for text that is shown as it stands. */
export function printableLines(text: string): string {
  return text
    .split(/([\n\t])/)
    .map((piece, i) => (i % 2 === 0 ? printable(piece) : piece))
    .join('');
}

/** Rows as lines with columns aligned to the left, two blanks between them, no blanks at the end. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );
}

/** `text` in lines of at most `width` columns; a word that is longer than that stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** The parts with a comma behind each but the last, in lines of at most `width` columns; a part is never torn. */
export function wrapParts(parts: readonly string[], width: number, gap = ' '): string[] {
  const lines: string[] = [];
  let line = '';
  parts.forEach((part, i) => {
    const text = i < parts.length - 1 ? `${part},` : part;
    if (line !== '' && line.length + gap.length + text.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? text : line + gap + text;
  });
  return line === '' ? lines : [...lines, line];
}

/** `line` cut to `width` columns; colour codes take none and are kept, so that what was switched on is switched off. */
export function clip(line: string, width: number): string {
  if (line.length <= width) return line;
  let out = '';
  let used = 0;
  // eslint-disable-next-line no-control-regex
  for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
    if (part.startsWith('\x1b')) out += part;
    else {
      const chars = [...part].slice(0, width - used);
      used += chars.length;
      out += chars.join('');
    }
  }
  return out;
}

/** `text` of ours with the signs that a terminal without Unicode lacks written out. */
export function inSigns(text: string, unicode: boolean): string {
  return unicode ? text : text.replaceAll('\u2026', '...').replaceAll('\u00d7', 'x');
}
