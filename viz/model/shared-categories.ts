/** One colour for one station, project or flavor in all runs that are side by side. */
import type { Colouring } from '../page-state.ts';
import { type Categories, categoriesOf, mostCategories, projectOf } from './categories.ts';
import type { Run } from './run.ts';

/** Categories of each run under the names of the first that has any; null where nothing is told apart. */
export function sharedCategoriesOf(runs: readonly Run[], colour: Colouring): (Categories | null)[] {
  const model = runs.map((run) => categoriesOf(run, colour)).find((each) => each !== null);
  if (model === undefined) return runs.map(() => null);
  const named = model.names.slice(0, mostCategories);
  const places = new Map(named.map((name, place) => [name, place]));
  const names = [...named, model.names[mostCategories] ?? 'others'];
  return runs.map(({ placements }) => {
    if (placements === null || colour === 'use' || colour === 'model') return null;
    const { decisions } = placements;
    const column = colour === 'project' ? decisions.user : decisions[colour];
    const ofText = column.texts.map(
      (text) => places.get((colour === 'project' ? projectOf(text) : text) || 'none') ?? named.length,
    );
    return { names, ofRow: Uint8Array.from(column.rows, (text) => ofText[text]!) };
  });
}
