/** Colours for what is drawn, light and dark; the rest of the page takes them from theme.css by the same names. */
import { interpolateRgbBasis } from 'd3';
import { type Colour, colourOf } from './colour.ts';

export interface Theme {
  readonly isDark: boolean;
  readonly page: Colour;
  readonly tile: Colour;
  readonly empty: Colour;
  /** What does not stand out while something else does. */
  readonly faded: Colour;
  readonly text: Colour;
  readonly muted: Colour;
  readonly warning: Colour;
  readonly selected: Colour;
  /** From idle to full, 101 steps; lightness alone tells them apart. */
  readonly use: readonly Colour[];
  /** Okabe and Ito, Color Universal Design (2008): told apart with every kind of colour blindness; the last is for the rest. */
  readonly categories: readonly Colour[];
  /** Only in the first run, only in the second. */
  readonly first: Colour;
  readonly second: Colour;
}

const okabeIto = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#7f5bb5'];

export const lightTheme: Theme = {
  isDark: false,
  page: colourOf('#ffffff'),
  tile: colourOf('#eceff3'),
  empty: colourOf('#d5dae1'),
  faded: colourOf('#bcc4ce'),
  text: colourOf('#1b2430'),
  muted: colourOf('#5d6877'),
  warning: colourOf('#c2410c'),
  selected: colourOf('#1b2430'),
  use: ramp('#c9dcf0', '#6aa5d8', '#2369a8', '#0b2f5b'),
  categories: [...okabeIto, '#8d96a3'].map(colourOf),
  first: colourOf('#0072b2'),
  second: colourOf('#d55e00'),
};

export const darkTheme: Theme = {
  isDark: true,
  page: colourOf('#10151c'),
  tile: colourOf('#1d2530'),
  empty: colourOf('#2b3543'),
  faded: colourOf('#465264'),
  text: colourOf('#e8edf4'),
  muted: colourOf('#9aa7b8'),
  warning: colourOf('#ff8a4c'),
  selected: colourOf('#ffffff'),
  use: ramp('#24456b', '#3a7cc0', '#79b8ee', '#dff0ff'),
  categories: [...okabeIto.map((colour) => (colour === '#0072b2' ? '#3b9ae0' : colour)), '#7b8798'].map(colourOf),
  first: colourOf('#56b4e9'),
  second: colourOf('#ff8a4c'),
};

function ramp(...stops: string[]): Colour[] {
  const at = interpolateRgbBasis(stops);
  return Array.from({ length: 101 }, (_, step) => colourOf(at(step / 100)));
}

/** The theme that the page shows now. */
export function currentTheme(): Theme {
  return document.documentElement.dataset.theme === 'dark' ? darkTheme : lightTheme;
}
