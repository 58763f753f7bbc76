/** Paints rectangles straight into the pixels of a canvas: 10 000 hosts are some 100 000 rectangles a frame, ten times what canvas calls can draw. */
import type { Colour } from '../page/colour.ts';
import type { Painter } from './painter.ts';

export class PixelPainter implements Painter {
  readonly #width: number;
  readonly #height: number;
  readonly #image: ImageData;
  /** One number per pixel, 0xAABBGGRR. */
  readonly #pixels: Uint32Array;
  /** Device pixels per CSS pixel. */
  readonly #ratio: number;

  /** @param width and height in device pixels */
  constructor(width: number, height: number, ratio: number) {
    this.#width = width;
    this.#height = height;
    this.#ratio = ratio;
    this.#image = new ImageData(width, height);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
  }

  clear(colour: Colour): void {
    this.#pixels.fill(pixelOf(colour));
  }

  show(context: CanvasRenderingContext2D): void {
    context.putImageData(this.#image, 0, 0);
  }

  rect(x: number, y: number, width: number, height: number, colour: Colour): void {
    const ratio = this.#ratio;
    this.#fill(
      Math.round(x * ratio),
      Math.round(y * ratio),
      Math.round((x + width) * ratio),
      Math.round((y + height) * ratio),
      pixelOf(colour),
    );
  }

  frame(x: number, y: number, width: number, height: number, colour: Colour, thickness: number, dash: number): void {
    if (dash === 0) {
      this.rect(x, y, width, thickness, colour);
      this.rect(x, y + height - thickness, width, thickness, colour);
      this.rect(x, y, thickness, height, colour);
      this.rect(x + width - thickness, y, thickness, height, colour);
      return;
    }
    for (let at = 0; at < width; at += 2 * dash) {
      const length = Math.min(dash, width - at);
      this.rect(x + at, y, length, thickness, colour);
      this.rect(x + at, y + height - thickness, length, thickness, colour);
    }
    for (let at = 0; at < height; at += 2 * dash) {
      const length = Math.min(dash, height - at);
      this.rect(x, y + at, thickness, length, colour);
      this.rect(x + width - thickness, y + at, thickness, length, colour);
    }
  }

  hatch(x: number, y: number, width: number, height: number, colour: Colour): void {
    const spacing = Math.round(5 * this.#ratio);
    this.#points(x, y, width, height, colour, (column, row) => (column + row) % spacing < this.#ratio);
  }

  cross(x: number, y: number, width: number, height: number, colour: Colour): void {
    const [columns, rows] = [width * this.#ratio, height * this.#ratio];
    const half = 0.7 * this.#ratio * Math.max(1, columns / rows);
    this.#points(x, y, width, height, colour, (column, row) => {
      const across = ((row + 0.5) / rows) * columns;
      return Math.abs(column + 0.5 - across) <= half || Math.abs(columns - column - 0.5 - across) <= half;
    });
  }

  /** Colours those points of a rectangle, counted from its corner, that `isIn` picks. */
  #points(
    x: number,
    y: number,
    width: number,
    height: number,
    colour: Colour,
    isIn: (column: number, row: number) => boolean,
  ): void {
    const ratio = this.#ratio;
    const [left, top] = [Math.round(x * ratio), Math.round(y * ratio)];
    const [right, bottom] = [Math.round((x + width) * ratio), Math.round((y + height) * ratio)];
    const pixel = pixelOf(colour);
    for (let row = Math.max(0, top); row < Math.min(bottom, this.#height); row++) {
      for (let column = Math.max(0, left); column < Math.min(right, this.#width); column++) {
        if (isIn(column - left, row - top)) this.#pixels[row * this.#width + column] = pixel;
      }
    }
  }

  #fill(left: number, top: number, right: number, bottom: number, pixel: number): void {
    const first = Math.max(0, left);
    const end = Math.min(right, this.#width);
    if (first >= end) return;
    const lastRow = Math.min(bottom, this.#height);
    for (let row = Math.max(0, top); row < lastRow; row++) {
      const start = row * this.#width;
      // A short run is filled faster by hand than by a call.
      if (end - first > 24) this.#pixels.fill(pixel, start + first, start + end);
      else for (let column = start + first; column < start + end; column++) this.#pixels[column] = pixel;
    }
  }
}

/** Every machine with a browser keeps the low byte first. */
function pixelOf(colour: Colour): number {
  return (0xff000000 | ((colour & 0xff) << 16) | (colour & 0xff00) | (colour >> 16)) >>> 0;
}
