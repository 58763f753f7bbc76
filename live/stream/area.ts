/** Rectangles of the screen, in pixels. */

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function pixelsOf({ width, height }: Area): number {
  return width * height;
}

/** The smallest area that holds both. */
export function union(one: Area, other: Area): Area {
  const [x, y] = [Math.min(one.x, other.x), Math.min(one.y, other.y)];
  const right = Math.max(one.x + one.width, other.x + other.width);
  const bottom = Math.max(one.y + one.height, other.y + other.height);
  return { x, y, width: right - x, height: bottom - y };
}

export function contains(outer: Area, inner: Area): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

/** What of `screen` lies around `hole`: at most four areas without a common pixel. */
export function around(hole: Area, screen: Area): readonly Area[] {
  const bottom = hole.y + hole.height;
  const right = hole.x + hole.width;
  return [
    { x: 0, y: 0, width: screen.width, height: hole.y },
    { x: 0, y: bottom, width: screen.width, height: screen.height - bottom },
    { x: 0, y: hole.y, width: hole.x, height: hole.height },
    { x: right, y: hole.y, width: screen.width - right, height: hole.height },
  ].filter(({ width, height }) => width > 0 && height > 0);
}

/**
 * Grown to multiples of 16 pixels, the size of H.264's macroblocks, as far as the screen goes; at a screen's odd edge the last line is left
 * out, since 4:2:0 has none.
 */
export function onMacroblocks(area: Area, screen: Area): Area {
  const x = area.x & ~15;
  const y = area.y & ~15;
  const right = Math.min((area.x + area.width + 15) & ~15, screen.width & ~1);
  const bottom = Math.min((area.y + area.height + 15) & ~15, screen.height & ~1);
  return { x, y, width: right - x, height: bottom - y };
}
