/**
 * Shapes: what a value that was read from JSON must look like, as data. A check answers what is wrong, with the path to it, or
 * nothing. Only what the tape's table of events needs; docs/handshake.schema.json says the same for others.
 */

/** What is wrong with the value at `path`, or undefined. */
export type Shape = (value: unknown, path: string) => string | undefined;

const MAX_BYTE = 0xff;

export const text: Shape = (value, path) => (typeof value === 'string' ? undefined : `${path} is no string`);

/** A string with one character per byte. */
export const bytes: Shape = (value, path) => {
  if (typeof value !== 'string') return `${path} is no string`;
  for (let i = 0; i < value.length; i++) {
    if (value.charCodeAt(i) > MAX_BYTE)
      return `${path} has a character beyond U+00FF: one stands for one byte`;
  }
  return undefined;
};

export const flag: Shape = (value, path) =>
  typeof value === 'boolean' ? undefined : `${path} is neither true nor false`;

export const number: Shape = (value, path) =>
  typeof value === 'number' && Number.isFinite(value) ? undefined : `${path} is no number`;

export const integer: Shape = (value, path) =>
  Number.isSafeInteger(value) ? undefined : `${path} is no whole number`;

export const count: Shape = (value, path) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : `${path} is no count`;

/** One of these values. */
export function oneOf(...allowed: readonly (string | number)[]): Shape {
  const list = allowed.map(String).join(', ');
  return (value, path) =>
    allowed.includes(value as string | number) ? undefined : `${path} is none of: ${list}`;
}

export function list(item: Shape): Shape {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path} is no list`;
    for (let i = 0; i < value.length; i++) {
      const wrong = item(value[i], `${path}[${i}]`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

/** A list of exactly these. */
export function tuple(...items: readonly Shape[]): Shape {
  return (value, path) => {
    if (!Array.isArray(value) || value.length !== items.length)
      return `${path} is no list of ${items.length}`;
    for (let i = 0; i < items.length; i++) {
      const wrong = items[i](value[i], `${path}[${i}]`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

/** An object with any fields, all of one shape. */
export function mapOf(item: Shape): Shape {
  return (value, path) => {
    if (!isObject(value)) return `${path} is no object`;
    for (const [name, one] of Object.entries(value)) {
      const wrong = item(one, `${path}.${name}`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

/**
 * An object with these fields; a name that ends with `?` may be missing. Fields that are not named are let through: a
 * later version may have added them.
 */
export function object(fields: Readonly<Record<string, Shape>>): Shape {
  const known = Object.entries(fields).map(([name, shape]) => ({
    name: name.replace(/\?$/, ''),
    optional: name.endsWith('?'),
    shape,
  }));
  return (value, path) => {
    if (!isObject(value)) return `${path} is no object`;
    for (const { name, optional, shape } of known) {
      const at = path === '' ? name : `${path}.${name}`;
      if (!Object.hasOwn(value, name)) {
        if (optional) continue;
        return `${at} is missing`;
      }
      const wrong = shape(value[name], at);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

/** Any of these shapes; the last one's complaint when none fits. */
export function either(...shapes: readonly Shape[]): Shape {
  return (value, path) => {
    let wrong: string | undefined;
    for (const shape of shapes) {
      wrong = shape(value, path);
      if (wrong === undefined) return undefined;
    }
    return wrong;
  };
}

/** An object whose field `by` says which of the shapes it has. */
export function variants(by: string, shapes: Readonly<Record<string, Shape>>): Shape {
  const which = oneOf(...Object.keys(shapes));
  return (value, path) => {
    if (!isObject(value)) return `${path} is no object`;
    const kind = Object.hasOwn(value, by) ? value[by] : undefined;
    return which(kind, `${path}.${by}`) ?? shapes[kind as string](value, path);
  };
}

/** Whether `value` is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
