/** What may be applied for: the stations, and the limits of groups. */
import type { SharedLimits } from './limits.ts';
import type { Station } from './station.ts';

export interface Catalogue {
  readonly stations: readonly Station[];
  /** Of the members of a group together, by its name. */
  readonly groupLimits: ReadonlyMap<string, SharedLimits>;
}
