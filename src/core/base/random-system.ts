/** Chance from the operating system: the adapter behind the Random port. */
import { randomBytes } from 'node:crypto';
import { SeededRandom, type Random } from './random.js';

export class SystemRandom implements Random {
  private readonly fast = new SeededRandom(randomBytes(4).readUInt32LE());

  below(bound: number): number {
    return this.fast.below(bound);
  }

  u32(): number {
    return this.fast.u32();
  }

  hex(length: number): string {
    return randomBytes(Math.ceil(length / 2))
      .toString('hex')
      .slice(0, length);
  }
}
