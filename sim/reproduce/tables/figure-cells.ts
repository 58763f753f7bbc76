/** Figures as cells of a table in Markdown. */
import type { Estimate } from '../../../core/statistics/estimate.ts';

/** `12 345.6`, with spaces between thousands. */
export function grouped(value: number, digits: number): string {
  const [whole, rest] = Math.abs(value).toFixed(digits).split('.');
  const spaced = whole!.replace(/\B(?=(\d{3})+$)/g, ' ');
  return rest === undefined ? spaced : `${spaced}.${rest}`;
}

/** `96.97 ± 0.37`; `–` where nothing was measured, and no interval where there is none. */
export function estimateCell(estimate: Estimate | null, digits: number): string {
  if (estimate === null) return '–';
  const { mean, halfWidth } = estimate;
  const sign = mean < 0 ? '−' : '';
  return `${sign}${grouped(mean, digits)}${halfWidth === null ? '' : ` ± ${grouped(halfWidth, digits)}`}`;
}

/** The same of a difference: `+1.52 ± 0.08`. */
export function differenceCell(estimate: Estimate | null, digits: number): string {
  if (estimate === null) return '–';
  return `${estimate.mean < 0 ? '' : '+'}${estimateCell(estimate, digits)}`;
}

/** Rows of a table in Markdown: header, alignment, body. */
export function tableRows(rows: readonly (readonly string[])[], alignment: string): string {
  const [header, ...body] = rows.map((row) => `| ${row.join(' | ')} |`.replaceAll('|  |', '| |'));
  return [header!, alignment, ...body].join('\n');
}
