/** Whose request for a server it is: who may see it, and who may have its server removed. */
import type { TokenHolder } from '../access/tokens.ts';
import type { Login } from '../openstack/index.ts';
import type { ServerRequest } from './server-request.ts';

/** The project that a request is seen through; null for all. */
export function projectSeenBy({ role, person }: TokenHolder): string | null {
  return role === 'project-member' || role === 'project-reader' ? (person?.project?.id ?? '') : null;
}

/** Whether a holder may know of a request: of her own project, or with a role that sees all. */
export function maySee(holder: TokenHolder, { projectId }: Pick<ServerRequest, 'projectId'>): boolean {
  const project = projectSeenBy(holder);
  return project === null || projectId === project;
}

/**
 * Whether a holder may have the server removed: an administrator any, others what their project owns. A token of our own is of the project
 * in which the scheduler is logged in.
 */
export function mayRemove(
  { role, person }: TokenHolder,
  { projectId }: Pick<ServerRequest, 'projectId'>,
  login: Login | null,
): boolean {
  if (role === 'admin') return true;
  // Of a request from before projects were written down.
  if (projectId === null) return person === undefined;
  return projectId === (person === undefined ? login?.projectId : person.project?.id);
}
