/** Whether DEBUG (a comma separated list, * for anything) covers `redis-ts:<id>`. */
export function debugs(id: string, debug: string | undefined): boolean {
  const name = `redis-ts:${id}`;
  return (debug ?? '').split(/[\s,]+/).some((word) => {
    const [head, ...tail] = word.split('*');
    return word !== '' && (tail.length > 0 ? name.startsWith(head) : word === name || word === 'redis-ts');
  });
}
