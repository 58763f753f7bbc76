/** Line drawings, 24 × 24, in the colour of the text around them. */
import { svgElement } from '../../page/svg-element.ts';

const paths = {
  linux: 'M4 5h16v11H4zM8 20h8M12 16v4M8 9l2 2-2 2M12 13h4',
  windows: 'M4 5h16v11H4zM8 20h8M12 16v4M12 7v7M8 10.5h8',
  open: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
  plus: 'M12 5v14M5 12h14',
  theme: 'M20 14.5A8 8 0 1 1 9.5 4a6.5 6.5 0 0 0 10.5 10.5z',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M6 6l12 12M18 6L6 18',
  fullScreen: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  files: 'M4 6h6l2 2.5h8V19H4zM12 16v-4.5M10 13.2l2-2 2 2',
  folder: 'M4 6h6l2 2.5h8V19H4z',
  file: 'M7 3h7l4 4v14H7zM14 3v4h4',
  download: 'M12 4v11M7.5 11l4.5 4.5L16.5 11M5 20h14',
  remove: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
  fit: 'M4 5h16v14H4zM8 12h8M10 10l-2 2 2 2M14 10l2 2-2 2',
  quality: 'M4 18a8 8 0 1 1 16 0M12 18l4-6',
  clipboard: 'M8 5H6v15h12V5h-2M9 3h6v4H9zM9 12h6M9 16h4',
  keys: 'M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M8 15h8',
  statistics: 'M4 20V4M4 20h16M8 16l4-5 3 3 5-7',
  leave: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  eye: 'M2 12s3.5-6 10-6 10 6 10 6-3.5 6-10 6-10-6-10-6zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6M18 14.5c2.1.8 3.5 2.7 3.5 5.5',
} as const;

export type IconName = keyof typeof paths;

/** Not spoken: what it stands for is said by the text or the label beside it. */
export function icon(name: IconName): SVGSVGElement {
  return svgElement(
    'svg',
    { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' },
    svgElement('path', { d: paths[name] }),
  );
}
