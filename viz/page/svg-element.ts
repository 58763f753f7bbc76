/** Makes SVG elements in one expression; texts become text nodes. */

export function svgElement<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: readonly (SVGElement | string)[]
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** A box whose SVG is redrawn whenever its width changes. @param draw given the width in CSS pixels */
export function fittingSvg(box: HTMLElement, draw: (width: number) => SVGSVGElement): void {
  let drawnFor = 0;
  new ResizeObserver(() => {
    const width = Math.floor(box.clientWidth);
    if (width === 0 || width === drawnFor) return;
    drawnFor = width;
    box.replaceChildren(draw(width));
  }).observe(box);
}
