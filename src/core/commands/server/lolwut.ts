/**
 * LOLWUT: the version of the server and, for those who ask for VERSION 5 or 6, a picture of hills by night. Arguments and
 * their limits are those of redis 7.2.6 lolwut.c and lolwut6.c; the picture is our own.
 */
import { ascii, isWord, type Bytes } from '../../base/bytes.js';
import { type Random } from '../../base/random.js';
import { indexArg } from '../args.js';
import { type CommandContext } from '../context.js';

const MAX_SIDE = 1000;
const DEFAULT_COLUMNS = 66;
const DEFAULT_ROWS = 12;
const STARS_PER_CELL = 1 / 40;

/** LOLWUT [VERSION version [columns [rows]]] */
export function lolwut(ctx: CommandContext, argv: Bytes[]): void {
  const signature = `Redis ver. ${ctx.server.version}\n`;
  const versioned = argv.length >= 3 && isWord(argv[1], 'version');
  const version = versioned ? indexArg(argv[2]) : 7;
  if (version !== 5 && version !== 6) {
    ctx.reply.verbatim(ascii(signature));
    return;
  }
  const columns = argv.length > 3 ? side(argv[3]) : DEFAULT_COLUMNS;
  const rows = argv.length > 4 ? side(argv[4]) : DEFAULT_ROWS;
  const picture = drawHills(columns, rows, ctx.server.random);
  ctx.reply.verbatim(ascii(`${picture}\nHills by night, never the same twice. ${signature}`));
}

function side(text: Bytes): number {
  return Math.min(Math.max(indexArg(text), 1), MAX_SIDE);
}

/** A ridge that wanders up and down, a second one in front of it, and stars above. */
export function drawHills(columns: number, rows: number, random: Random): string {
  const far = ridge(columns, rows, random);
  const near = ridge(columns, rows, random).map((height) => height >> 1);
  let picture = '';
  for (let row = rows - 1; row >= 0; row--) {
    for (let x = 0; x < columns; x++) {
      if (row < near[x]) picture += '#';
      else if (row < far[x]) picture += ':';
      else picture += random.u32() < STARS_PER_CELL * 2 ** 32 ? '.' : ' ';
    }
    picture += '\n';
  }
  return picture;
}

function ridge(columns: number, rows: number, random: Random): number[] {
  const heights: number[] = [];
  const top = Math.max(1, Math.floor((rows * 2) / 3));
  let height = 1 + random.below(top);
  for (let x = 0; x < columns; x++) {
    heights.push(height);
    height = Math.min(top, Math.max(0, height + random.below(3) - 1));
  }
  return heights;
}
