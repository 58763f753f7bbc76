/** Saves what is drawn as a file: SVG for print, PNG for slides. */

import { cssColour } from './colour.ts';
import { button, element } from './element.ts';
import { currentTheme } from './theme.ts';

/** What an SVG takes from the style sheet, and must have in itself once it is alone. */
const inherited = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-size',
  'font-weight',
  'font-family',
  'text-anchor',
  'paint-order',
];

/** Buttons that save a chart. @param svgOf the chart as an SVG file */
export function saveButtons(name: string, svgOf: () => string): HTMLElement {
  const save = (kind: 'SVG' | 'PNG', pictureOf: (svg: string) => Blob | Promise<Blob>): HTMLButtonElement => {
    const label = `Save ${name} as ${kind}`;
    const onClick = async () => download(await pictureOf(svgOf()), `${name}.${kind.toLowerCase()}`);
    return button(label, label, onClick, kind);
  };
  return element(
    'span',
    { class: 'save-buttons' },
    save('SVG', (svg) => new Blob([svg], { type: 'image/svg+xml' })),
    save('PNG', pngOf),
  );
}

/** Gives every SVG with a `data-chart` name buttons that save it, beside the heading above it. */
export function offerSaving(within: HTMLElement): void {
  for (const svg of within.querySelectorAll<SVGSVGElement>('svg[data-chart]:not([data-can-be-saved])')) {
    svg.dataset.canBeSaved = '';
    const name = svg.dataset.chart!;
    const row = headingRow(svg, within);
    const buttons = saveButtons(name, () => standaloneSvg(svg, name));
    buttons.dataset.of = name;
    row.querySelector(`[data-of="${name}"]`)?.remove(); // from a picture that was redrawn
    row.append(buttons);
  }
}

/** The row of the last heading before a picture. */
function headingRow(svg: SVGSVGElement, within: HTMLElement): HTMLElement {
  const isBefore = (heading: Element): boolean =>
    (svg.compareDocumentPosition(heading) & Node.DOCUMENT_POSITION_PRECEDING) !== 0;
  const heading = [...within.querySelectorAll<HTMLElement>('h2, h3, h4')].findLast(isBefore)!;
  if (heading.parentElement!.classList.contains('heading-row')) return heading.parentElement!;
  const row = element('div', { class: 'heading-row' });
  heading.replaceWith(row);
  row.append(heading);
  return row;
}

/** An SVG of the page as a file of its own: with its styles written out, and a background. */
export function standaloneSvg(svg: SVGSVGElement, title: string): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = [svg, ...svg.querySelectorAll('*')];
  [copy, ...copy.querySelectorAll('*')].forEach((mark, index) => {
    const style = getComputedStyle(originals[index]!);
    for (const property of inherited) mark.setAttribute(property, style.getPropertyValue(property));
    mark.removeAttribute('class');
    mark.removeAttribute('style');
    if (style.visibility === 'hidden' || style.display === 'none') mark.remove();
  });
  const { width, height } = svg.getBoundingClientRect();
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  if (!copy.hasAttribute('viewBox')) copy.setAttribute('viewBox', `0 0 ${width} ${height}`);
  const background = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  background.setAttribute('width', '100%');
  background.setAttribute('height', '100%');
  background.setAttribute('fill', cssColour(currentTheme().page));
  const titled = document.createElementNS('http://www.w3.org/2000/svg', 'title');
  titled.textContent = title;
  copy.prepend(titled, background);
  return new XMLSerializer().serializeToString(copy);
}

/** Twice as many pixels as the chart has on the page, for slides. */
async function pngOf(svg: string): Promise<Blob> {
  const image = new Image();
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    image.src = address;
    await image.decode();
    const canvas = element('canvas', { width: 2 * image.naturalWidth, height: 2 * image.naturalHeight });
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) =>
        blob === null ? reject(new Error('the picture is too large for this browser')) : resolve(blob),
      );
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}

function download(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  element('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
