/** Colours as numbers, as pixels are drawn with them. */

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
