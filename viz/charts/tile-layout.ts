/** Where each host's tile goes: kinds of hosts as blocks with a heading, as large as the room allows. Pixels. */
import type { HostKind } from '../model/host-kinds.ts';

export interface Block {
  readonly kind: HostKind;
  readonly x: number;
  /** Top of the heading. */
  readonly y: number;
  readonly width: number;
  readonly columns: number;
  readonly rows: number;
}

export interface TileLayout {
  /** From one tile to the next; the tile itself is smaller by the gap. */
  readonly pitch: number;
  readonly gap: number;
  readonly headingHeight: number;
  readonly blocks: readonly Block[];
  /** Left and top of each host's tile. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly height: number;
}

/** Two lines. */
const headingHeight = 32;
const blockGap = 14;
const headingWidth = 118;
/** Room for the frame of a tile at the edge. */
const edge = 2;
const shelfRows = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512];

/** The layout with the largest tiles that fits into the room; tiles are at most `largest` and at least 2 pixels. */
export function layOutTiles(kinds: readonly HostKind[], width: number, height: number, largest = 110): TileLayout {
  let best: Shelves | undefined;
  for (let pitch = largest; pitch >= 2 && best === undefined; pitch -= pitch > 12 ? 1 : 0.25) {
    for (const rows of shelfRows) {
      const shelves = shelve(kinds, width, pitch, rows);
      if (shelves.height <= height && (best === undefined || shelves.height < best.height)) best = shelves;
    }
  }
  return place(best ?? shelve(kinds, width, 2, shelfRows.at(-1)!));
}

/** Blocks without the tiles in them. */
type Shelves = Pick<TileLayout, 'pitch' | 'blocks' | 'height'>;

/** Blocks side by side on shelves, each with at most about `rowsAsked` rows of tiles. */
function shelve(kinds: readonly HostKind[], width: number, pitch: number, rowsAsked: number): Shelves {
  const most = Math.max(1, Math.floor((width - 2 * edge) / pitch));
  const least = Math.min(most, Math.ceil(headingWidth / pitch));
  let [x, y, shelfHeight] = [edge, 0, 0];
  const blocks = kinds.map((kind): Block => {
    const count = kind.hosts.length;
    const columns = Math.min(most, Math.max(Math.min(least, count), Math.ceil(count / rowsAsked)));
    const rows = Math.ceil(count / columns);
    const blockWidth = Math.min(width - 2 * edge, Math.max(columns * pitch, headingWidth));
    if (x > edge && x + blockWidth > width - edge) {
      x = edge;
      y += shelfHeight + blockGap;
      shelfHeight = 0;
    }
    const block = { kind, x, y, width: blockWidth, columns, rows };
    x += blockWidth + blockGap;
    shelfHeight = Math.max(shelfHeight, headingHeight + rows * pitch);
    return block;
  });
  return { pitch, blocks, height: y + shelfHeight + edge };
}

/** The tiles of all blocks. */
function place(shelves: Shelves): TileLayout {
  const { pitch, blocks } = shelves;
  const hosts = blocks.reduce((sum, { kind }) => sum + kind.hosts.length, 0);
  const gap = pitch >= 24 ? 4 : pitch >= 10 ? 2 : pitch >= 4 ? 1 : 0.5;
  const layout = { ...shelves, gap, headingHeight, x: new Float64Array(hosts), y: new Float64Array(hosts) };
  for (const { kind, x: left, y: top, columns } of blocks) {
    kind.hosts.forEach((host, index) => {
      layout.x[host] = left + (index % columns) * pitch;
      layout.y[host] = top + headingHeight + Math.floor(index / columns) * pitch;
    });
  }
  return layout;
}

/** The host at that point; -1 where there is none. */
export function hostAt(layout: TileLayout, x: number, y: number): number {
  for (const { kind, x: left, y: top, columns } of layout.blocks) {
    const column = Math.floor((x - left) / layout.pitch);
    const row = Math.floor((y - top - layout.headingHeight) / layout.pitch);
    if (column < 0 || column >= columns || row < 0) continue;
    const host = kind.hosts[row * columns + column];
    if (host !== undefined && row * columns + column < kind.hosts.length) return host;
  }
  return -1;
}
