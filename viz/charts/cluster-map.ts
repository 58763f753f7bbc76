/** All hosts of a cluster at one moment: a tile each, vCPUs and RAM as bars, cards as cells. */
import './cluster-map.css';
import { select, type ZoomTransform, zoom, zoomIdentity } from 'd3';
import type { Cluster } from '../../core/cluster.ts';
import { element } from '../element.ts';
import type { HostKind } from '../model/host-kinds.ts';
import type { ClusterMoment } from '../model/moment.ts';
import type { Theme } from '../theme.ts';
import { type Colour, cssColour, type Painter } from './painter.ts';
import { PixelPainter } from './pixel-painter.ts';
import { SvgPainter } from './svg-painter.ts';
import { hostAt, layOutTiles, type TileLayout } from './tile-layout.ts';

/** How much of each host belongs to each of `count` categories; row `host * count + category`. */
export interface HostMix {
  readonly count: number;
  readonly vcpus: Float64Array;
  readonly ramMib: Float64Array;
  /** Category of each held card; of idle ones it means nothing. */
  readonly cards: Uint8Array;
}

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
const detailedTile = 13;
/** From this many pixels on a tile has the host's name. */
const namedTile = 84;

export interface ClusterMapEvents {
  onHover(host: number, x: number, y: number): void;
  onSelect(host: number): void;
}

export class ClusterMap {
  readonly element: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #largestTile: number;
  #painter: PixelPainter | undefined;
  #layout: TileLayout | undefined;
  #layoutOf: readonly HostKind[] | undefined;
  #transform: ZoomTransform = zoomIdentity;
  #picture: MapPicture | undefined;
  #width = 0;
  #height = 0;

  /** @param largestTile pixels; defaults to 110 */
  constructor(label: string, events: ClusterMapEvents, largestTile = 110) {
    this.#largestTile = largestTile;
    this.#canvas = element('canvas', { role: 'img', tabindex: 0, 'aria-label': label });
    this.element = element('div', { class: 'cluster-map' }, this.#canvas);
    const pan = zoom<HTMLCanvasElement, unknown>()
      .scaleExtent([1, 40])
      .filter((event: MouseEvent & TouchEvent) => this.#startsZoom(event))
      .on('zoom', ({ transform }: { transform: ZoomTransform }) => {
        this.#transform = transform;
        this.#draw();
      });
    select(this.#canvas)
      .call(pan)
      .on('dblclick.zoom', null)
      .on('dblclick', () => select(this.#canvas).transition().duration(200).call(pan.transform, zoomIdentity));
    this.#canvas.addEventListener('pointermove', (event) => {
      events.onHover(this.#hostUnder(event), event.clientX, event.clientY);
    });
    this.#canvas.addEventListener('pointerleave', () => events.onHover(-1, 0, 0));
    this.#canvas.addEventListener('click', (event) => events.onSelect(this.#hostUnder(event)));
    this.#canvas.addEventListener('keydown', (event) => {
      const next = this.#neighbour(event.key);
      if (next === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      events.onSelect(next);
    });
    new ResizeObserver(() => this.#resize()).observe(this.element);
  }

  show(picture: MapPicture): void {
    this.#picture = picture;
    if (this.#layoutOf !== picture.kinds) this.#layOut();
    this.#draw();
  }

  /** What a screen reader says of the picture. */
  describe(text: string): void {
    if (this.#canvas.getAttribute('aria-label') !== text) this.#canvas.setAttribute('aria-label', text);
  }

  /** Left, top and size of a host's tile in the element, CSS pixels; for tests and for pointing at it. */
  tileOf(host: number): { x: number; y: number; size: number } {
    const { pitch, gap, x, y } = this.#layout!;
    const { k } = this.#transform;
    return { x: this.#transform.applyX(x[host]!), y: this.#transform.applyY(y[host]!), size: (pitch - gap) * k };
  }

  /** The picture as an SVG file, all of it whatever the zoom. */
  toSvg(title: string): string {
    const painter = new SvgPainter();
    const picture = this.#picture!;
    const layout = this.#layout!;
    drawTiles(painter, picture, layout, zoomIdentity, this.#width, Infinity);
    for (const { kind, x, y } of layout.blocks) {
      painter.text(x, y + 12, kind.title, picture.theme.text, 11, true);
      painter.text(x, y + 25, kind.detail, picture.theme.muted, 11);
    }
    return painter.finish(this.#width, layout.height + 4, picture.theme.page, title);
  }

  #startsZoom(event: MouseEvent & TouchEvent): boolean {
    const isLarge = (this.#layout?.pitch ?? detailedTile) < detailedTile;
    if (event.type === 'wheel') return event.ctrlKey || event.metaKey || isLarge || this.#transform.k > 1;
    if (event.type === 'touchstart') return event.touches.length > 1 || this.#transform.k > 1;
    return event.button === 0;
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.element;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.#width = clientWidth;
    this.#height = clientHeight;
    const ratio = devicePixelRatio;
    this.#canvas.width = Math.round(clientWidth * ratio);
    this.#canvas.height = Math.round(clientHeight * ratio);
    this.#painter = new PixelPainter(this.#canvas.width, this.#canvas.height, ratio);
    this.#layOut();
    this.#draw();
  }

  #layOut(): void {
    if (this.#picture === undefined || this.#width === 0) return;
    this.#layoutOf = this.#picture.kinds;
    this.#layout = layOutTiles(this.#layoutOf, this.#width, this.#height, this.#largestTile);
  }

  #draw(): void {
    const picture = this.#picture;
    const painter = this.#painter;
    const layout = this.#layout;
    if (picture === undefined || painter === undefined || layout === undefined) return;
    const { theme } = picture;
    painter.clear(theme.page);
    drawTiles(painter, picture, layout, this.#transform, this.#width, this.#height);
    const context = this.#canvas.getContext('2d')!;
    painter.show(context);
    this.#drawTexts(context, picture, layout);
  }

  #drawTexts(context: CanvasRenderingContext2D, { theme, cluster }: MapPicture, layout: TileLayout): void {
    const { k } = this.#transform;
    const ratio = devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const { kind, x, y, width } of layout.blocks) {
      const [left, top] = [this.#transform.applyX(x), this.#transform.applyY(y)];
      if (top < -20 || top > this.#height || left > this.#width) continue;
      const room = (width + 10) * k;
      context.font = '600 11px system-ui, sans-serif';
      context.fillStyle = cssColour(theme.text);
      context.fillText(fitted(context, kind.title, room), Math.max(0, left), top + 12);
      context.font = '11px system-ui, sans-serif';
      context.fillStyle = cssColour(theme.muted);
      context.fillText(fitted(context, kind.detail, room), Math.max(0, left), top + 25);
    }
    if ((layout.pitch - layout.gap) * k < namedTile) return;
    context.fillStyle = cssColour(theme.text);
    for (let host = 0; host < cluster.specs.length; host++) {
      const { x, y, size } = this.tileOf(host);
      if (x + size < 0 || y + size < 0 || x > this.#width || y > this.#height) continue;
      context.fillText(fitted(context, cluster.specs[host]!.name, size - 6), x + 4, y + 12);
    }
  }

  #hostUnder(event: MouseEvent): number {
    if (this.#layout === undefined) return -1;
    const { left, top } = this.#canvas.getBoundingClientRect();
    const x = this.#transform.invertX(event.clientX - left);
    const y = this.#transform.invertY(event.clientY - top);
    return hostAt(this.#layout, x, y);
  }

  /** The host that an arrow key leads to from the selected one; undefined for other keys. */
  #neighbour(key: string): number | undefined {
    const picture = this.#picture;
    const layout = this.#layout;
    if (picture === undefined || layout === undefined || !key.startsWith('Arrow')) return undefined;
    if (picture.selected < 0) return picture.kinds[0]?.hosts[0];
    const { pitch, x, y } = layout;
    const stepX = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
    const stepY = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
    const fromX = x[picture.selected]! + pitch / 2;
    const fromY = y[picture.selected]! + pitch / 2;
    for (let step = 1; step <= 60; step++) {
      const found = hostAt(layout, fromX + stepX * step * pitch, fromY + stepY * step * pitch);
      if (found >= 0 && found !== picture.selected) return found;
    }
    return picture.selected;
  }
}

/** Texts as they were cut before: measuring them takes longer than drawing them. */
const fittedTexts = new Map<string, string>();

/** The text, cut with an ellipsis where there is no room for all of it. */
function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  const key = `${context.font}|${Math.round(room)}|${text}`;
  const known = fittedTexts.get(key);
  if (known !== undefined) return known;
  if (fittedTexts.size > 10_000) fittedTexts.clear();
  let length = text.length;
  const cut = (): string => (length === text.length ? text : `${text.slice(0, length).trimEnd()}…`);
  while (length > 1 && context.measureText(cut()).width > Math.round(room)) length--;
  fittedTexts.set(key, cut());
  return cut();
}

/** Draws the tiles that lie inside the given width and height. */
function drawTiles(
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
