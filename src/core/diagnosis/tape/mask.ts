/**
 * Masks: what stands for a hidden value. The same value has the same mask all through a trace, the length stays, and other
 * values have other masks as long as there is room for their number:
 *
 *   user:1000 -> ********1      10.0.0.5 -> h1.h.h.h      (dots, colons and the length of an address stay)
 */
import { ascii, type Bytes } from '../../base/bytes.js';

/** Distinct values whose masks are remembered; beyond that, masks have no number. */
const MAX_REMEMBERED = 100_000;

/** The numbers that values get, in the order in which they are first seen. */
export class Masks {
  private readonly values = new Map<string, number>();
  private readonly hosts = new Map<string, string>();
  private readonly hostMasks = new Set<string>();

  /** The mask of a key or a value. */
  value(value: Bytes): Bytes {
    if (value === '') return value;
    const digits = String(this.numberOf(value));
    const shown = digits.slice(-value.length);
    return ascii('*'.repeat(value.length - shown.length) + shown);
  }

  /** The mask of a host: name, IPv4 or IPv6 address, without port and brackets. */
  host(host: string): string {
    const known = this.hosts.get(host);
    if (known !== undefined) return known;
    // What was masked already, in the same text, stays: another mask would make it another host.
    if (this.hostMasks.has(host)) return host;
    const label = `h${this.hosts.size + 1}`;
    let used = 0;
    const mask = host.replace(/[^.:]/g, () => label[used++] ?? 'h');
    if (this.hosts.size < MAX_REMEMBERED) {
      this.hosts.set(host, mask);
      this.hostMasks.add(mask);
    }
    return mask;
  }

  /** Hosts that were masked until now, the longest first: one may be part of another. */
  knownHosts(): string[] {
    return [...this.hosts.keys()].sort((a, b) => b.length - a.length);
  }

  private numberOf(value: string): number {
    const known = this.values.get(value);
    if (known !== undefined) return known;
    if (this.values.size >= MAX_REMEMBERED) return 0;
    this.values.set(value, this.values.size + 1);
    return this.values.size;
  }
}
