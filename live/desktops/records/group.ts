/** Groups of people, as a person's row has them. */
import { anArray, anInteger, anObject, aText } from '../../../core/check.ts';
import { readJsonColumn } from '../../database/json-column.ts';

export interface Group {
  readonly name: string;
  /** Number of the directory. */
  readonly gid: number;
}

/** @param person whose row it is @throws UnreadableColumn */
export function readGroups(groups: string, person: string): readonly Group[] {
  return readJsonColumn(groups, `people ${person}, groups`, (value, where) =>
    anArray(value, where).map((item, index) => {
      const { name, gid } = anObject(item, `${where}[${index}]`);
      return { name: aText(name, `${where}[${index}].name`), gid: anInteger(gid, `${where}[${index}].gid`) };
    }),
  );
}
