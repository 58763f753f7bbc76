/** What OpenAPI says of the routes of the review. */
import { problems } from '../srm/api-docs.ts';
import { reviewDecisions } from './review-store.ts';

const json = (schema: object) => ({ 'application/json': { schema } });
const text = { type: 'string' };
const textOrNull = { type: ['string', 'null'] };
const decision = { enum: reviewDecisions };

const item = {
  type: 'object',
  properties: {
    kind: { enum: ['server', 'request'] },
    id: text,
    name: text,
    status: text,
    host: textOrNull,
    projectId: textOrNull,
    userId: textOrNull,
    requestId: textOrNull,
    attempt: { type: ['integer', 'null'] },
    createdAtS: { type: 'number' },
    launchedAtS: { type: ['number', 'null'] },
    because: { type: 'string', description: 'Why it may not be removed, or gone on with.' },
    decisions: {
      type: 'array',
      items: decision,
      description: 'What can be said of it; the first is what `all` takes.',
    },
  },
};

const review = json({
  type: 'object',
  properties: {
    isOlder: { type: 'boolean', description: 'The database is an older copy than the cloud: what it has waits.' },
    reasons: { type: 'array', items: text },
    concerns: { type: 'array', items: text },
    items: { type: 'array', items: item },
  },
});

export const showReviewOperation = {
  operationId: 'showReview',
  summary: 'Servers and requests that are in doubt',
  responses: {
    200: { description: 'As it is now.', content: review },
    ...problems({ 503: 'The first reconciliation has not finished.' }),
  },
};

export const decideOperation = {
  operationId: 'decideReview',
  summary: 'Says what is to become of what is in doubt',
  description: `Of a server: \`accept\` leaves it to whoever has it, \`adopt\` makes it the server of a request, \`delete\` removes it. Of a request:
\`accept\` goes on with it, \`drop\` ends it and touches nothing in the cloud. \`all\` takes the first of each.`,
  requestBody: {
    required: true,
    content: json({
      type: 'object',
      properties: {
        all: { type: 'boolean' },
        decisions: {
          type: 'array',
          items: { type: 'object', required: ['id', 'decision'], properties: { id: text, decision } },
        },
      },
    }),
  },
  responses: {
    200: { description: 'What is left.', content: review },
    ...problems({
      400: 'A field is wrong.',
      403: 'Removing a server in doubt needs the role admin.',
      409: 'It is not in doubt, or cannot be done; what came before it is done.',
      503: 'Nova or the database does not answer, or the first reconciliation has not finished.',
    }),
  },
};
