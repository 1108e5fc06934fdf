/**
 * How many of the commands of a run had to be answered alike byte for byte, and which were not: the sum of what tolerances.ts loosens.
 */
import { type Request } from './cases.js';

/** The most that may be compared other than exactly. */
export const LOOSE_SHARE_MAX = 0.05;
const ROWS_SHOWN = 8;

export class Tally {
  private commands = 0;
  private loose = 0;
  /** Drawn, but not run: the data differed with good reason. */
  leftOut = 0;
  private readonly rows = new Map<string, number>();

  /** A command was answered. `exact`: its replies had to be equal. */
  add(request: Request, exact: boolean): void {
    this.commands++;
    if (!exact) this.loosely(request);
  }

  /** Of a command that was counted as exact when it was queued, the reply inside EXEC was not compared so. */
  loosely(request: Request): void {
    this.loose++;
    const name = request[0].toUpperCase();
    this.rows.set(name, (this.rows.get(name) ?? 0) + 1);
  }

  /** Of all commands, 0 to 1. */
  get looseShare(): number {
    return this.commands === 0 ? 0 : this.loose / this.commands;
  }

  /** One line, with the commands that make the most of it. */
  toString(): string {
    const percent = (count: number): string => `${((100 * count) / Math.max(1, this.commands)).toFixed(2)} %`;
    const largest = [...this.rows].sort(([, a], [, b]) => b - a).slice(0, ROWS_SHOWN);
    return (
      `compared other than exactly: ${percent(this.loose)} of ${this.commands} commands (at most ${LOOSE_SHARE_MAX * 100} %)` +
      (largest.length > 0
        ? `; ${largest.map(([name, count]) => `${name} ${percent(count)}`).join(', ')}`
        : '') +
      (this.leftOut > 0 ? `; ${this.leftOut} more were drawn behind a tolerated refusal and not run` : '')
    );
  }
}
