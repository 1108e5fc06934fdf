/**
 * Random: the port for every choice left to chance (replication ids, EOF marks, sampling, hash seeds).
 *
 * `SeededRandom` (xoshiro128**) replays one history from one seed; the system adapter seeds it from the OS and takes
 * secrets (`bytes`, `hex`) straight from there.
 */

export interface Random {
  /** A uniform integer in [0, bound), 1 <= bound <= 2^32. */
  below(bound: number): number;
  /** A uniform unsigned 32-bit integer. */
  u32(): number;
  /** `length` lower-case hexadecimal digits. */
  hex(length: number): string;
}

export class SeededRandom implements Random {
  private readonly s = new Uint32Array(4);

  constructor(seed: number) {
    let z = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      // splitmix32 spreads one word over the state
      z = (z + 0x9e3779b9) >>> 0;
      let t = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
      this.s[i] = t ^ (t >>> 15);
    }
  }

  u32(): number {
    const s = this.s;
    const x = Math.imul(s[1], 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  below(bound: number): number {
    return Math.floor((this.u32() / 4294967296) * bound);
  }

  hex(length: number): string {
    let out = '';
    while (out.length < length) out += this.u32().toString(16).padStart(8, '0');
    return out.slice(0, length);
  }
}
