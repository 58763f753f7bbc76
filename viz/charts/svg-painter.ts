/** Draws rectangles as marks of an SVG, one element each: what is saved for print. */
import { type Colour, cssColour } from '../page/colour.ts';
import type { Painter } from './painter.ts';

export class SvgPainter implements Painter {
  readonly #marks: string[] = [];

  rect(x: number, y: number, width: number, height: number, colour: Colour): void {
    if (width <= 0 || height <= 0) return;
    this.#marks.push(`<rect ${box(x, y, width, height)} fill="${cssColour(colour)}"/>`);
  }

  frame(x: number, y: number, width: number, height: number, colour: Colour, thickness: number, dash: number): void {
    const inside = box(x + thickness / 2, y + thickness / 2, width - thickness, height - thickness);
    const dashes = dash === 0 ? '' : ` stroke-dasharray="${dash}"`;
    this.#marks.push(
      `<rect ${inside} fill="none" stroke="${cssColour(colour)}" stroke-width="${thickness}"${dashes}/>`,
    );
  }

  hatch(x: number, y: number, width: number, height: number, colour: Colour): void {
    const lines: string[] = [];
    for (let sum = 5; sum < width + height; sum += 5) {
      const [fromX, fromY] = sum <= width ? [sum, 0] : [width, sum - width];
      const [toX, toY] = sum <= height ? [0, sum] : [sum - height, height];
      lines.push(`M${round(x + fromX)} ${round(y + fromY)}L${round(x + toX)} ${round(y + toY)}`);
    }
    this.#path(lines.join(''), colour);
  }

  cross(x: number, y: number, width: number, height: number, colour: Colour): void {
    const [left, top, right, bottom] = [x, y, x + width, y + height].map(round);
    this.#path(`M${left} ${top}L${right} ${bottom}M${right} ${top}L${left} ${bottom}`, colour);
  }

  text(x: number, y: number, content: string, colour: Colour, sizePx: number, isBold = false): void {
    const weight = isBold ? ' font-weight="600"' : '';
    this.#marks.push(
      `<text x="${round(x)}" y="${round(y)}" fill="${cssColour(colour)}" font-size="${sizePx}"${weight}>${escaped(content)}</text>`,
    );
  }

  /** Another SVG file, at its own size. */
  nest(x: number, y: number, svg: string): void {
    this.#marks.push(svg.replace('<svg ', `<svg x="${round(x)}" y="${round(y)}" `));
  }

  #path(path: string, colour: Colour): void {
    this.#marks.push(`<path d="${path}" fill="none" stroke="${cssColour(colour)}" stroke-width="1"/>`);
  }

  /** The whole file. */
  finish(width: number, height: number, background: Colour, title: string): string {
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" ` +
        `height="${round(height)}" font-family="system-ui, sans-serif">`,
      `<title>${escaped(title)}</title>`,
      `<rect width="100%" height="100%" fill="${cssColour(background)}"/>`,
      ...this.#marks,
      '</svg>',
    ].join('\n');
  }
}

function box(x: number, y: number, width: number, height: number): string {
  return `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
