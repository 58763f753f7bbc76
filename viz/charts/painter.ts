/** What the cluster map is drawn with: pixels on the screen, or the marks of an SVG. Coordinates are CSS pixels. */

export interface Painter {
  rect(x: number, y: number, width: number, height: number, colour: Colour): void;
  /** The edge of a rectangle, drawn inside it; `dash` in pixels, 0 = solid. */
  frame(x: number, y: number, width: number, height: number, colour: Colour, thickness: number, dash: number): void;
  /** Slanted lines over a rectangle. */
  hatch(x: number, y: number, width: number, height: number, colour: Colour): void;
  /** A cross over a rectangle. */
  cross(x: number, y: number, width: number, height: number, colour: Colour): void;
}

/** Opaque, 0xRRGGBB. */
export type Colour = number;

/** A colour as d3 and CSS write it, `#rrggbb` or `rgb(r, g, b)`, as a number. @throws RangeError for anything else */
export function colourOf(text: string): Colour {
  const hex = /^#([0-9a-f]{6})$/i.exec(text.trim());
  if (hex !== null) return Number.parseInt(hex[1]!, 16);
  const parts = /^rgb\((\d+), ?(\d+), ?(\d+)\)$/.exec(text.trim());
  if (parts === null) throw new RangeError(`a colour must be #rrggbb or rgb(r, g, b), got ${text}`);
  return (Number(parts[1]) << 16) | (Number(parts[2]) << 8) | Number(parts[3]);
}

export function cssColour(colour: Colour): string {
  return `#${colour.toString(16).padStart(6, '0')}`;
}
