/** One colour for one station, project or flavor in all runs that are side by side. */
import type { Colouring } from '../page/page-state.ts';
import { type Categories, categoriesOf, projectOf } from './categories.ts';
import type { Placements, Run } from './run.ts';

/** Categories of each run under the names of the first that has any; null where nothing is told apart. */
export function sharedCategoriesOf(runs: readonly Run[], colour: Colouring): (Categories | null)[] {
  const model = runs.find(({ placements }) => placements !== null);
  const own = model === undefined ? null : categoriesOf(model, colour);
  if (own === null || colour === 'use' || colour === 'model') return runs.map(() => null);
  const known = new Set(valuesOf(model!.placements!, colour));
  const named = known.has(own.names.at(-1)!) ? own.names : own.names.slice(0, -1);
  const places = new Map(named.map((name, place) => [name, place]));
  const isComplete = runs.every(
    ({ placements }) => placements === null || valuesOf(placements, colour).every((value) => places.has(value)),
  );
  const rest = named.length < own.names.length ? [own.names.at(-1)!] : isComplete ? [] : ['others'];
  // As many colours as there are may be used up by names: values that only other runs have then share the last.
  const names = [...named, ...rest].slice(0, Math.max(own.names.length, mostColours));
  return runs.map(({ placements }) => {
    if (placements === null) return null;
    const ofText = valuesOf(placements, colour).map((value) => places.get(value) ?? names.length - 1);
    return { names, ofRow: Uint8Array.from(columnOf(placements, colour).rows, (text) => ofText[text]!) };
  });
}

type Told = Exclude<Colouring, 'use' | 'model'>;

/** Colours that there are. */
const mostColours = 9;

function columnOf({ decisions }: Placements, colour: Told) {
  return colour === 'project' ? decisions.user : decisions[colour];
}

/** What each text of the column stands for. */
function valuesOf(placements: Placements, colour: Told): string[] {
  return columnOf(placements, colour).texts.map((text) => (colour === 'project' ? projectOf(text) : text) || 'none');
}
