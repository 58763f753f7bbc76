/** What the portal's routes work with. */
import type { Clock } from '../../../core/clock.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { DesktopStore } from '../records/desktop-store.ts';
import type { DesktopAccess } from './desktop-access.ts';
import type { PortalRequests } from './portal-requests.ts';

export interface PortalParts {
  readonly requests: PortalRequests;
  readonly access: DesktopAccess;
  readonly store: DesktopStore;
  readonly catalogue: Catalogue;
  readonly clock: Pick<Clock, 'nowS'>;
  /** Told after each change. */
  readonly onChange: () => void;
}
