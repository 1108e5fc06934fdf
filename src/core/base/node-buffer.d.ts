/** Methods of Node's Buffer that @types/node leaves out; present in every Node since 0.x. */
interface Buffer {
  latin1Slice(start?: number, end?: number): string;
  latin1Write(text: string, offset?: number, length?: number): number;
}
