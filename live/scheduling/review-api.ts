/** Routes of what is in doubt: shown to readers, decided by those who may boot and remove; that a server is removed is an administrator's word. */
import { aBoolean, anArray, anObject, aText, noOtherFields, oneOf } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { Problem, sendJson } from '../http/problem.ts';
import { readJson } from '../http/request-body.ts';
import type { Exchange, Route } from '../http/routes.ts';
import { NotDecided, type Review } from './review.ts';
import * as docs from './review-docs.ts';
import { type ReviewDecision, reviewDecisions } from './review-store.ts';
import type { Scheduling } from './scheduling.ts';

const mostBytes = 256 * 1024;

/** @param told runs the work, and makes problems of what it throws */
export function reviewRoutes(
  scheduling: Scheduling,
  told: (requestId: string, work: () => Promise<void>) => Promise<void>,
): Route[] {
  const shown = (review: Review) => ({
    isOlder: review.isOpen,
    reasons: review.reasons,
    concerns: scheduling.concerns,
    items: review.items(),
  });

  async function decide({ request, response, requestId, holder }: Exchange): Promise<void> {
    const body = await readJson(request, mostBytes);
    await told(requestId, async () => {
      const { all, decisions } = checkReviewBody(body);
      const { review } = scheduling;
      const { id: tokenId, person, role } = holder!;
      const asker = {
        tokenId: person === undefined ? tokenId : null,
        ...(person !== undefined && { userId: person.userId }),
      };
      if (decisions.some(({ decision }) => decision === 'delete') && role !== 'admin') {
        throw new Problem(403, 'a server in doubt is removed on the word of a token with the role admin');
      }
      try {
        for (const { id, decision } of decisions) await review.decide(id, decision, asker);
        if (all) await review.acceptAll(asker);
      } catch (error) {
        if (error instanceof NotDecided) throw new Problem(409, error.message);
        throw error;
      }
      sendJson(response, shown(review));
    });
  }

  return [
    {
      method: 'GET',
      path: '/v1/review',
      roles: ['reader', 'scheduler', 'admin'],
      operation: docs.showReviewOperation,
      answer: ({ response, requestId }) => told(requestId, async () => sendJson(response, shown(scheduling.review))),
    },
    {
      method: 'POST',
      path: '/v1/review',
      roles: ['scheduler', 'admin'],
      operation: docs.decideOperation,
      answer: decide,
    },
  ];
}

/** @throws InputError naming the field */
export function checkReviewBody(value: unknown): {
  readonly all: boolean;
  readonly decisions: readonly { readonly id: string; readonly decision: ReviewDecision }[];
} {
  const body = anObject(value, 'body');
  noOtherFields(body, '', ['all', 'decisions']);
  if (body.all === undefined && body.decisions === undefined)
    throw new InputError('decisions', 'decisions, or all', undefined);
  return {
    all: aBoolean(body.all ?? false, 'all'),
    decisions: anArray(body.decisions ?? [], 'decisions').map((item, index) => {
      const { id, decision } = anObject(item, `decisions[${index}]`);
      return {
        id: aText(id, `decisions[${index}].id`),
        decision: oneOf(decision, `decisions[${index}].decision`, reviewDecisions),
      };
    }),
  };
}
