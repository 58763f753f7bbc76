/** A desktop, and how it is read from its row and written to it. */
import { anArray, aText } from '../../../core/check.ts';
import type { DesktopState } from '../../../core/wire/portal.ts';
import { readJsonColumn } from '../../database/json-column.ts';
import type { DesktopTable } from './tables.ts';

export interface Desktop extends Readonly<Omit<DesktopTable, 'cardModels' | 'askedModels'>> {
  /** Models of which its cards must be; empty: any. */
  readonly askedModels: readonly string[];
  /** Of its cards, one name each. */
  readonly cardModels: readonly string[];
}

/** What a change may give. */
export type DesktopChanges = Partial<
  Omit<
    Desktop,
    | 'id'
    | 'owner'
    | 'applicationKey'
    | 'revision'
    | 'changedAtS'
    | 'createdAtS'
    | 'activeAtS'
    | 'remindedEndS'
    | 'remindedLeadS'
  >
>;

/** States of a desktop that is there or may come: it counts for the limits. */
export const aliveStates: readonly DesktopState[] = [
  'waiting',
  'scheduled',
  'building',
  'starting',
  'ready',
  'stopped',
];

/** @throws UnreadableColumn */
export function desktopOf(row: DesktopTable): Desktop {
  const models = (column: 'cardModels' | 'askedModels'): string[] =>
    readJsonColumn(row[column], `desktops ${row.id}, ${column}`, (value, where) =>
      anArray(value, where).map((model, index) => aText(model, `${where}[${index}]`)),
    );
  return { ...row, cardModels: models('cardModels'), askedModels: models('askedModels') };
}

/** Its row. */
export function rowOf(desktop: Desktop): DesktopTable {
  const { cardModels, askedModels } = desktop;
  return { ...desktop, cardModels: JSON.stringify(cardModels), askedModels: JSON.stringify(askedModels) };
}

/** The columns of a change. */
export function columnsOf({ cardModels, askedModels: _, ...others }: DesktopChanges): Partial<DesktopTable> {
  return { ...others, ...(cardModels !== undefined && { cardModels: JSON.stringify(cardModels) }) };
}
