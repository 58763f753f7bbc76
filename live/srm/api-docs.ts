/** What OpenAPI says of the registry's routes, and the schemas that it names. */

/** A reference to one of the schemas. */
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object) => ({ 'application/json': { schema } });
/** A list that belongs to `responses`: problems by status, with what each means here. */
export const problems = (meanings: Readonly<Record<number, string>>) =>
  Object.fromEntries(
    Object.entries(meanings).map(([status, description]) => [
      status,
      { description, content: { 'application/problem+json': { schema: ref('Problem') } } },
    ]),
  );

const hostParameter = { name: 'host', in: 'path', required: true, schema: { type: 'string', maxLength: 255 } };

const watchText = `With \`watch\`: server-sent events. First, unless \`Last-Event-ID\` can be followed on, \`reset\` (forget all), one
\`record\` per host and \`complete\`; then \`record\` (first report, another inventory or use, or no longer stale; the data is a Host) and
\`stale\` (three intervals without a report; the data has host, version and receivedAtS) and \`forgotten\` (by an order; the same data, and a
later record of that host begins with version 1). A report that says nothing new is no event. Changes
of a moment are sent together, of several of one host only the last. A change may come twice: the higher version counts.`;

export const listOperation = {
  operationId: 'listHosts',
  summary: 'All hosts, or a watch on them',
  description: watchText,
  parameters: [
    { name: 'stale', in: 'query', description: 'Only stale hosts, or only others.', schema: { type: 'boolean' } },
    { name: 'watch', in: 'query', allowEmptyValue: true, description: 'Watch instead.', schema: { type: 'string' } },
    { name: 'Last-Event-ID', in: 'header', description: 'With watch: go on after it.', schema: { type: 'string' } },
  ],
  responses: {
    200: {
      description: 'By name.',
      content: {
        ...json({ type: 'object', required: ['hosts'], properties: { hosts: { type: 'array', items: ref('Host') } } }),
        'text/event-stream': { schema: { type: 'string' } },
      },
    },
    ...problems({ 400: 'Unknown query.', 503: 'Still loading.' }),
  },
};

export const readOperation = {
  operationId: 'readHost',
  summary: 'One host',
  parameters: [hostParameter],
  responses: {
    200: {
      description: 'Its latest report.',
      headers: { ETag: { description: 'The version.', schema: { type: 'string' } } },
      content: json(ref('Host')),
    },
    ...problems({ 404: 'It has not reported.', 503: 'Still loading.' }),
  },
};

export const forgetOperation = {
  operationId: 'forgetHost',
  summary: 'Forget a host that does not report any more',
  description: 'Its record goes. Should it report again, that is its first report.',
  parameters: [hostParameter],
  responses: {
    204: { description: 'Forgotten.' },
    ...problems({
      404: 'It has not reported.',
      409: 'It is not stale: its agent still reports.',
      503: 'Still loading, or the database does not take it.',
    }),
  },
};

export const reportOperation = {
  operationId: 'report',
  summary: 'Report what a host has and how it is used',
  description: 'With the token of that host only. Answered when the report is on disk.',
  parameters: [
    hostParameter,
    {
      name: 'If-Match',
      in: 'header',
      description: 'The version that this report succeeds; absent for the first.',
      schema: { type: 'string', pattern: '^("\\d{1,15}"|\\d{1,15})$' },
    },
  ],
  requestBody: { required: true, content: json(ref('Report')) },
  responses: {
    200: { description: 'Taken.', content: json(ref('Version')) },
    ...problems({
      400: 'The report is wrong; `detail` names the field.',
      409: 'The registry has another `version`, or a record of this sequence or a higher one.',
      413: 'Too large.',
      415: 'No JSON.',
      503: 'Still loading, or the database does not take it.',
    }),
  },
};

const text = { type: 'string', minLength: 1 };
const count = { type: 'integer', minimum: 0 };
const atLeastOne = { type: 'integer', minimum: 1 };
const amount = { type: 'number', minimum: 0 };
const positive = { type: 'number', exclusiveMinimum: 0 };

/** All fields are required but those named. */
function object(properties: Readonly<Record<string, object>>, optional: readonly string[] = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', required, properties, additionalProperties: false };
}

const identity = { address: text, model: text, memoryMib: atLeastOne, cores: atLeastOne };
const speed = { bandwidthGBs: positive, clockMhz: positive };

export const schemas = {
  Card: object({
    ...identity,
    fp32Tflops: positive,
    ...speed,
    sharing: { type: 'string', enum: ['passthrough', 'shared'] },
  }),
  Inventory: object(
    { vcpus: positive, ramMib: atLeastOne, diskGib: amount, cards: { type: 'array', items: ref('Card') } },
    ['diskGib'],
  ),
  CardUse: object({
    ...identity,
    ...speed,
    memoryUsedMib: count,
    coresUsed: count,
    serverIds: { type: 'array', items: text },
    healthy: { type: 'boolean' },
  }),
  Record: object({
    host: text,
    observedAtS: amount,
    sequence: count,
    vcpusUsed: amount,
    ramUsedMib: amount,
    diskUsedGib: amount,
    cards: { type: 'array', items: ref('CardUse') },
  }),
  Report: object({ inventory: ref('Inventory'), record: ref('Record') }),
  Host: object({
    host: text,
    version: atLeastOne,
    receivedAtS: amount,
    stale: { type: 'boolean' },
    inventory: ref('Inventory'),
    record: ref('Record'),
  }),
  Version: object({ version: count }),
  Problem: {
    type: 'object',
    required: ['type', 'title', 'status', 'detail', 'requestId'],
    properties: {
      type: text,
      title: text,
      status: { type: 'integer' },
      detail: text,
      requestId: text,
      version: { ...count, description: 'With 409.' },
    },
  },
};
