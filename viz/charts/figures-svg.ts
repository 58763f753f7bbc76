/** The table of a comparison as one picture: each figure in numbers, and its plot beside it. */
import { standaloneSvg } from '../page/save.ts';
import type { Theme } from '../page/theme.ts';
import { SvgPainter } from './svg-painter.ts';

/** What heads a column of values: its name, and the mark that it has in the plots. */
export interface FigureColumn {
  readonly title: string;
  readonly key: SVGSVGElement;
}

export interface FigureRow {
  readonly title: string;
  /** One per column. */
  readonly values: readonly string[];
  readonly plot: SVGSVGElement | null;
}

const labelWidth = 230;
const valueWidth = 130;
const plotWidth = 240;
const headHeight = 34;
const rowGap = 8;

/** As an SVG file. */
export function figuresSvg(
  title: string,
  columns: readonly FigureColumn[],
  rows: readonly FigureRow[],
  theme: Theme,
): string {
  const painter = new SvgPainter();
  const width = labelWidth + columns.length * valueWidth + plotWidth;
  columns.forEach((column, index) => {
    const x = labelWidth + index * valueWidth;
    painter.nest(x, 12, standaloneSvg(column.key, column.title));
    painter.text(x + column.key.width.baseVal.value + 6, 22, column.title, theme.text, 12, true);
  });
  let y = headHeight;
  for (const { title: label, values, plot } of rows) {
    const height = (plot?.viewBox.baseVal.height ?? 20) + rowGap;
    painter.rect(8, y, width - 16, 1, theme.empty);
    painter.text(8, y + 18, label, theme.text, 12);
    values.forEach((value, index) => {
      painter.text(labelWidth + index * valueWidth, y + 18, value, theme.text, 12);
    });
    if (plot !== null)
      painter.nest(labelWidth + columns.length * valueWidth, y + rowGap / 2, standaloneSvg(plot, label));
    y += height;
  }
  return painter.finish(width, y + 6, theme.page, title);
}
