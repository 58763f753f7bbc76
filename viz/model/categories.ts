/** What a VM is coloured by: its station, project, flavor, or the model of its cards. */
import type { Cluster } from '../../core/cluster.ts';
import type { TextColumn } from '../../core/runs/run-file.ts';
import type { Colouring } from '../page/page-state.ts';
import type { Run } from './run.ts';

/** Colours that there are. Where there are more values, the last colour is for all the rest. */
export const mostColours = 9;

export interface Categories {
  /** Those with a colour of their own, from the most vCPU hours down; then, where there are more, what the rest is called. */
  readonly names: readonly string[];
  /** Place of each decision's value in `names`. */
  readonly ofRow: Uint8Array;
}

export interface ModelCategories {
  readonly names: readonly string[];
  /** Place of each of the cluster's models in `names`. */
  readonly ofModel: Uint8Array;
}

/** Categories of the cluster's card models, those with most cards first, and the place of each model in them. */
export function modelCategoriesOf({ models, cardModel }: Cluster): ModelCategories {
  const counts = new Uint32Array(models.length);
  for (const model of cardModel) counts[model]!++;
  const ordered = models.map((_, model) => model).sort((a, b) => counts[b]! - counts[a]! || a - b);
  const names = withRest(ordered.map((model) => models[model]!.name));
  const ofModel = Uint8Array.from(models, (_, model) => Math.min(ordered.indexOf(model), names.length - 1));
  return { names, ofModel };
}

/** @returns null where nothing is told apart: by use, or by model, which is the card's and not the VM's */
export function categoriesOf(run: Run, colour: Colouring): Categories | null {
  const { placements } = run;
  if (placements === null || colour === 'use' || colour === 'model') return null;
  const { decisions, endS, decidedS, vcpus } = placements;
  const column: TextColumn = colour === 'project' ? decisions.user : decisions[colour];
  const values = column.texts.map((text) => (colour === 'project' ? projectOf(text) : text) || 'none');
  const hours = new Map<string, number>();
  for (let row = 0; row < endS.length; row++) {
    const value = values[column.rows[row]!]!;
    hours.set(value, (hours.get(value) ?? 0) + (Math.max(0, endS[row]! - decidedS[row]!) / 3600) * vcpus[row]!);
  }
  const ordered = [...hours].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
  const names = withRest(ordered);
  const places = new Map(ordered.map((name, place) => [name, Math.min(place, names.length - 1)]));
  const ofText = values.map((value) => places.get(value) ?? 0);
  return { names, ofRow: Uint8Array.from(column.rows, (text) => ofText[text]!) };
}

/** The names, where there are not too many; else the first of them, and how many more there are. */
function withRest(ordered: readonly string[]): string[] {
  if (ordered.length <= mostColours) return [...ordered];
  return [...ordered.slice(0, mostColours - 1), `${ordered.length - mostColours + 1} others`];
}

/** The project of a user: `p0155` of `p0155-u3`. */
export function projectOf(user: string): string {
  const dash = user.lastIndexOf('-');
  return dash > 0 ? user.slice(0, dash) : user;
}
