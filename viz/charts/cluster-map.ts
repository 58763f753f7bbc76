/** All hosts of a cluster at one moment: a tile each, vCPUs and RAM as bars, cards as cells. */
import './cluster-map.css';
import { select, type ZoomTransform, zoom, zoomIdentity } from 'd3';
import type { HostKind } from '../model/host-kinds.ts';
import { cssColour } from '../page/colour.ts';
import { element } from '../page/element.ts';
import { detailedTile, drawTiles, type MapPicture, namedTile } from './host-tiles.ts';
import { PixelPainter } from './pixel-painter.ts';
import { SvgPainter } from './svg-painter.ts';
import { hostAt, layOutTiles, type TileLayout } from './tile-layout.ts';

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
