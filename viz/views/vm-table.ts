/** VMs as a table of buttons that open their decisions. */
import { formatTime } from '../../core/runs/explanation.ts';
import { textAt } from '../../core/runs/run-file.ts';
import type { Placements } from '../model/run.ts';
import { describeSize } from '../model/vm-words.ts';
import { element } from '../page/element.ts';

/** A column after the VM's id. */
export interface VmColumn {
  readonly title: string;
  read(placements: Placements, row: number): string;
}

const timeColumn = (title: string, atS: (placements: Placements, row: number) => number): VmColumn => ({
  title,
  read: (placements, row) => formatTime(Math.round(atS(placements, row))),
});

export const askedFor: VmColumn = {
  title: 'asked for',
  read: ({ vcpus, ramMib, decisions }, row) => describeSize(vcpus[row]!, ramMib[row]!, decisions.cards[row]!),
};
export const station: VmColumn = {
  title: 'station',
  read: ({ decisions }, row) => textAt(decisions.station, row) || '–',
};
export const outcome: VmColumn = { title: 'outcome', read: ({ decisions }, row) => textAt(decisions.outcome, row) };
export const since = timeColumn('since', ({ decidedS }, row) => decidedS[row]!);
export const decidedAt = timeColumn('when', ({ decidedS }, row) => decidedS[row]!);
export const askedAt = timeColumn('asked', ({ submitS }, row) => submitS[row]!);

export function vmTable(
  placements: Placements,
  rows: readonly number[],
  columns: readonly VmColumn[],
  onVm: (row: number) => void,
): HTMLElement {
  const header = ['VM', ...columns.map(({ title }) => title)];
  const cells = (row: number): HTMLElement[] =>
    columns.map((column) => element('td', {}, column.read(placements, row)));
  return element(
    'table',
    { class: 'figures' },
    element('thead', {}, element('tr', {}, ...header.map((text) => element('th', { scope: 'col' }, text)))),
    element(
      'tbody',
      {},
      ...rows.map((row) => element('tr', {}, element('td', {}, vmButton(placements, row, onVm)), ...cells(row))),
    ),
  );
}

/** A button with the VM's id that opens its decision. */
export function vmButton({ decisions }: Placements, row: number, onVm: (row: number) => void): HTMLButtonElement {
  const id = decisions.id[row]!;
  return element(
    'button',
    {
      type: 'button',
      class: 'link',
      'data-row': row,
      title: `Why ${id} went where it went`,
      onclick: () => onVm(row),
    },
    id,
  );
}
