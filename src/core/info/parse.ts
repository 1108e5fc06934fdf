/**
 * Reads the text of INFO from any server: sections and fields in the order they came, unknown ones included, repeated names
 * kept (KeyDB prints a block of `master_*` fields per master). Lines that are neither a title nor `name:value` are
 * skipped. Called by `inspect` and by the handshake's look at how the master lists us.
 */

/** One field as the server sent it; text is one char per byte. */
export type ParsedField = readonly [name: string, value: string];

export interface ParsedSection {
  /** As after `# `; empty for fields before the first title. */
  readonly name: string;
  readonly fields: readonly ParsedField[];
}

/** All sections of `text` in order. Takes CR LF and bare LF. Never throws. */
export function parseInfo(text: string): ParsedSection[] {
  const sections: { name: string; fields: ParsedField[] }[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const colon = line.indexOf(':');
    if (line.startsWith('#')) sections.push({ name: line.replace(/^#[ \t]*/, ''), fields: [] });
    else if (colon > 0) {
      if (sections.length === 0) sections.push({ name: '', fields: [] });
      sections[sections.length - 1].fields.push([line.slice(0, colon), line.slice(colon + 1)]);
    }
  }
  return sections;
}

/** The section called `name` (case ignored), or undefined. */
export function findSection(sections: readonly ParsedSection[], name: string): ParsedSection | undefined {
  return sections.find((section) => section.name.toLowerCase() === name.toLowerCase());
}

/** The first field called `name` in any section, or undefined. */
export function findField(sections: readonly ParsedSection[], name: string): string | undefined {
  for (const section of sections) {
    const field = section.fields.find(([key]) => key === name);
    if (field) return field[1];
  }
  return undefined;
}

/** `value` as an integer; undefined when it is not one. */
export function infoInteger(value: string | undefined): number | undefined {
  return value !== undefined && /^-?\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** The fields of all sections under their names, for many look-ups; of a name that comes twice the first counts. */
export function fieldMap(sections: readonly ParsedSection[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const { fields } of sections)
    for (const [name, value] of fields) if (!map.has(name)) map.set(name, value);
  return map;
}
