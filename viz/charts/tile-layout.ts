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
const shelfRows = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512];

/** The layout with the largest tiles that fits into the room; tiles are at most `largest` and at least 2 pixels. */
export function layOutTiles(kinds: readonly HostKind[], width: number, height: number, largest = 64): TileLayout {
  let best: TileLayout | undefined;
  for (let pitch = largest; pitch >= 2 && best === undefined; pitch -= pitch > 12 ? 1 : 0.25) {
    for (const rows of shelfRows) {
      const layout = place(kinds, width, pitch, rows);
      if (layout.height <= height && layout.height > 0 && (best === undefined || layout.height < best.height)) {
        best = layout;
      }
    }
  }
  return best ?? place(kinds, width, 2, shelfRows.at(-1)!);
}

/** Blocks side by side on shelves, each with at most about `rowsAsked` rows of tiles. */
function place(kinds: readonly HostKind[], width: number, pitch: number, rowsAsked: number): TileLayout {
  const most = Math.max(1, Math.floor(width / pitch));
  const least = Math.min(most, Math.ceil(headingWidth / pitch));
  let [x, y, shelfHeight, hosts] = [0, 0, 0, 0];
  const blocks = kinds.map((kind): Block => {
    const count = kind.hosts.length;
    hosts += count;
    const columns = Math.min(most, Math.max(Math.min(least, count), Math.ceil(count / rowsAsked)));
    const rows = Math.ceil(count / columns);
    const blockWidth = Math.min(width, Math.max(columns * pitch, headingWidth));
    if (x > 0 && x + blockWidth > width) {
      x = 0;
      y += shelfHeight + blockGap;
      shelfHeight = 0;
    }
    const block = { kind, x, y, width: blockWidth, columns, rows };
    x += blockWidth + blockGap;
    shelfHeight = Math.max(shelfHeight, headingHeight + rows * pitch);
    return block;
  });
  const layout = {
    pitch,
    gap: pitch >= 24 ? 4 : pitch >= 10 ? 2 : pitch >= 4 ? 1 : 0.5,
    headingHeight,
    blocks,
    x: new Float64Array(hosts),
    y: new Float64Array(hosts),
    height: y + shelfHeight,
  };
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
