/** How hosts are drawn: a tile each, with bars and cells where there is room, or a patch of colour. */
import type { ZoomTransform } from 'd3';
import type { Cluster } from '../../core/cluster.ts';
import type { HostKind } from '../model/host-kinds.ts';
import type { HostMix } from '../model/mix.ts';
import type { ClusterMoment } from '../model/moment.ts';
import type { Colour } from '../page/colour.ts';
import type { Theme } from '../page/theme.ts';
import type { Painter } from './painter.ts';
import type { TileLayout } from './tile-layout.ts';

/** What is drawn. */
export interface MapPicture {
  readonly cluster: Cluster;
  readonly kinds: readonly HostKind[];
  readonly moment: ClusterMoment;
  readonly theme: Theme;
  /** Null: colours show how full things are. */
  readonly mix: HostMix | null;
  /** Category of each of `cluster.models`, where cards are coloured by model; else null. */
  readonly modelCategories: Uint8Array | null;
  /** The category that stands out; -1 = all alike. */
  readonly only: number;
  /** Host index; -1 = none. */
  readonly selected: number;
}

/** Below this many pixels a tile is one or two patches of colour. */
export const detailedTile = 13;
/** From this many pixels on a tile has the host's name. */
export const namedTile = 84;

/** Draws the tiles that lie inside the given width and height. */
export function drawTiles(
  painter: Painter,
  picture: MapPicture,
  layout: TileLayout,
  transform: ZoomTransform,
  width: number,
  height: number,
): void {
  const { k } = transform;
  const size = (layout.pitch - layout.gap) * k;
  const draw = size >= detailedTile ? drawDetailed : drawPatch;
  for (let host = 0; host < layout.x.length; host++) {
    const x = transform.applyX(layout.x[host]!);
    const y = transform.applyY(layout.y[host]!);
    if (x + size < 0 || y + size < 0 || x > width || y > height) continue;
    draw(painter, picture, host, x, y, size);
    const { moment, theme, selected } = picture;
    if (moment.up[host] === 0) {
      painter.rect(x, y, size, size, theme.tile);
      if (size >= 5) painter.hatch(x, y, size, size, theme.warning);
      else painter.rect(x, y, size, size, theme.warning);
    } else if (moment.stale[host] === 1 && size >= 5) {
      painter.frame(x - 1, y - 1, size + 2, size + 2, theme.warning, 1, 3);
    }
    if (host === selected) painter.frame(x - 2, y - 2, size + 4, size + 4, theme.selected, 2, 0);
  }
}

function drawDetailed(painter: Painter, picture: MapPicture, host: number, x: number, y: number, size: number): void {
  const { cluster, moment, theme, mix } = picture;
  painter.rect(x, y, size, size, theme.tile);
  const inset = size >= 24 ? 2 : 1;
  const inner = size - 2 * inset;
  const named = size >= namedTile ? 14 : 0;
  const cards = cluster.cardStart[host + 1]! - cluster.cardStart[host]!;
  const barsHeight = (cards > 0 ? inner * 0.5 : inner) - named;
  const barHeight = Math.max(2, (barsHeight - inset) / 2);
  const top = y + inset + named;
  bar(
    painter,
    picture,
    x + inset,
    top,
    inner,
    barHeight,
    moment.vcpusUsed[host]!,
    cluster.vcpus[host]!,
    host,
    mix?.vcpus,
  );
  const second = top + barHeight + inset;
  bar(
    painter,
    picture,
    x + inset,
    second,
    inner,
    barHeight,
    moment.ramUsedMib[host]!,
    cluster.ramMib[host]!,
    host,
    mix?.ramMib,
  );
  if (cards > 0) cells(painter, picture, x + inset, second + barHeight + inset, inner, y + size - inset, host, cards);
}

function bar(
  painter: Painter,
  { theme, mix, only, modelCategories }: MapPicture,
  x: number,
  y: number,
  width: number,
  height: number,
  used: number,
  size: number,
  host: number,
  parts: Float64Array | undefined,
): void {
  painter.rect(x, y, width, height, theme.empty);
  if (mix === null || parts === undefined) {
    const share = Math.min(1, used / size);
    painter.rect(
      x,
      y,
      width * share,
      height,
      modelCategories !== null ? theme.faded : theme.use[Math.round(share * 100)]!,
    );
    return;
  }
  let left = x;
  for (let category = 0; category < mix.count; category++) {
    const part = (width * parts[host * mix.count + category]!) / size;
    if (part === 0) continue;
    painter.rect(left, y, part, height, categoryColour(theme, category, only));
    left += part;
  }
}

/** The cards of a host, in as many rows as make the cells squarest. */
function cells(
  painter: Painter,
  picture: MapPicture,
  x: number,
  y: number,
  width: number,
  bottom: number,
  host: number,
  count: number,
): void {
  const { cluster, moment, theme } = picture;
  const height = bottom - y;
  let columns = count;
  while (columns > 1 && width / columns < (height / Math.ceil(count / columns)) * 0.7) columns = Math.ceil(columns / 2);
  const rows = Math.ceil(count / columns);
  const gap = width / columns >= 6 ? 2 : 1;
  const [cellWidth, cellHeight] = [(width + gap) / columns - gap, (height + gap) / rows - gap];
  for (let index = 0; index < count; index++) {
    const card = cluster.cardStart[host]! + index;
    const left = x + (index % columns) * (cellWidth + gap);
    const top = y + Math.floor(index / columns) * (cellHeight + gap);
    const use = moment.cardUse[card]!;
    painter.rect(left, top, cellWidth, cellHeight, theme.empty);
    if (use > 0)
      painter.rect(left, top + cellHeight * (1 - use), cellWidth, cellHeight * use, cardColour(picture, card));
    else if (picture.modelCategories !== null)
      painter.frame(left, top, cellWidth, cellHeight, cardColour(picture, card), 1.5, 0);
    if (moment.cardHealthy[card] === 0) {
      painter.rect(left, top, cellWidth, cellHeight, theme.page);
      painter.cross(left, top, cellWidth, cellHeight, theme.warning);
    }
  }
}

/** A small tile: how full the host is, and under it, how many of its cards are held. */
function drawPatch(painter: Painter, picture: MapPicture, host: number, x: number, y: number, size: number): void {
  const { cluster, moment, theme, mix, only, modelCategories } = picture;
  const vcpuShare = moment.vcpusUsed[host]! / cluster.vcpus[host]!;
  const use = Math.min(1, Math.max(vcpuShare, moment.ramUsedMib[host]! / cluster.ramMib[host]!));
  const colour =
    use === 0
      ? theme.empty
      : mix !== null
        ? categoryColour(theme, largestPart(mix, host), only)
        : modelCategories !== null
          ? theme.faded
          : theme.use[Math.round(use * 100)]!;
  const [first, end] = [cluster.cardStart[host]!, cluster.cardStart[host + 1]!];
  if (first === end) {
    painter.rect(x, y, size, size, colour);
    return;
  }
  painter.rect(x, y, size, size / 2, colour);
  let held = 0;
  let last = first;
  for (let card = first; card < end; card++) {
    if (moment.cardUse[card]! === 0) continue;
    held += moment.cardUse[card]!;
    last = card;
  }
  painter.rect(x, y + size / 2, size, size / 2, theme.tile);
  painter.rect(x, y + size / 2, (size * held) / (end - first), size / 2, cardColour(picture, last));
}

function largestPart({ count, vcpus }: HostMix, host: number): number {
  let largest = 0;
  for (let category = 1; category < count; category++) {
    if (vcpus[host * count + category]! > vcpus[host * count + largest]!) largest = category;
  }
  return largest;
}

function cardColour({ cluster, moment, theme, mix, only, modelCategories }: MapPicture, card: number): Colour {
  if (modelCategories !== null) return categoryColour(theme, modelCategories[cluster.cardModel[card]!]!, only);
  if (mix !== null) return categoryColour(theme, mix.cards[card]!, only);
  return theme.use[Math.round(moment.cardUse[card]! * 100)]!;
}

function categoryColour(theme: Theme, category: number, only: number): Colour {
  if (only >= 0 && category !== only) return theme.faded;
  return theme.categories[category]!;
}
