/** What the cluster map is drawn with: pixels on the screen, or the marks of an SVG. Coordinates are CSS pixels. */
import type { Colour } from '../page/colour.ts';

export interface Painter {
  rect(x: number, y: number, width: number, height: number, colour: Colour): void;
  /** The edge of a rectangle, drawn inside it; `dash` in pixels, 0 = solid. */
  frame(x: number, y: number, width: number, height: number, colour: Colour, thickness: number, dash: number): void;
  /** Slanted lines over a rectangle. */
  hatch(x: number, y: number, width: number, height: number, colour: Colour): void;
  /** A cross over a rectangle. */
  cross(x: number, y: number, width: number, height: number, colour: Colour): void;
}
