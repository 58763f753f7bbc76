/** What OpenAPI says of the scheduler's routes, and the schemas that it names. */
import { problems } from '../srm/api-docs.ts';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object) => ({ 'application/json': { schema } });
const object = (properties: Record<string, object>, required: string[] = Object.keys(properties)) => ({
  type: 'object',
  required,
  properties,
});
const text = { type: 'string' };
const textOrNull = { type: ['string', 'null'] };
const number = { type: 'number' };
const whole = { type: 'integer', minimum: 0 };
const listOf = (items: object) => ({ type: 'array', items });

const idParameter = { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } };

const bootText = `Decides, claims the host and its cards, and creates the server there; answered when the claim is on disk, before the create is
sent. Ask for the server's address until its state is \`active\` or \`failed\`. Cards come from \`gpu\`, else from the flavor: its PCI alias,
or \`heps:gpu_num\`, \`heps:gpu_mem_mib\`, \`heps:gpu_cores\`, \`heps:gpu_model\`; of these keys in
\`metadata\` the stricter counts. With the same \`Idempotency-Key\` the same request is answered
again (200), whatever became of it. With \`X-Auth-Token\` the server is made in that person's project, with her token; with a token of our own in the
project of the server's login.`;

export const bootOperation = {
  operationId: 'bootServer',
  summary: 'Boot a server where the scores say',
  description: bootText,
  parameters: [
    { name: 'Idempotency-Key', in: 'header', schema: { type: 'string', maxLength: 128 } },
    { name: 'dry-run', in: 'query', description: 'Only say where it would go.', schema: { type: 'boolean' } },
    {
      name: 'explain',
      in: 'query',
      description: 'With the best hosts and why others fell out.',
      schema: { type: 'boolean' },
    },
  ],
  requestBody: { required: true, content: json(ref('ServerRequest')) },
  responses: {
    200: {
      description: 'A request of that key was there; or, in mode advise and with dry-run, the decision alone.',
      content: json(ref('Server')),
    },
    202: { description: 'Claimed.', content: json(ref('Server')) },
    ...problems({
      400: 'A field is wrong, image or flavor are not there, or a Keystone token names no project.',
      409: 'No valid host; the key belongs to another request; or the mode is shadow.',
      503: 'Nova or the database does not answer, or the first reconciliation has not finished.',
    }),
  },
};

export const listServersOperation = {
  operationId: 'listServers',
  summary: 'Requests for servers, the newest first',
  parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 9999, default: 100 } }],
  responses: {
    200: { description: 'Those that are over too.', content: json(object({ servers: listOf(ref('Server')) })) },
    ...problems({ 400: 'Unknown limit.', 503: 'The database does not answer.' }),
  },
};

export const showServerOperation = {
  operationId: 'showServer',
  summary: 'One request for a server',
  parameters: [idParameter],
  responses: {
    200: { description: 'As it is now.', content: json(ref('Server')) },
    ...problems({ 404: 'No request of that id.', 503: 'The database does not answer.' }),
  },
};

export const deleteServerOperation = {
  operationId: 'deleteServer',
  summary: 'Remove a server and its claim',
  parameters: [idParameter],
  responses: {
    202: { description: 'Ordered; it is gone when its state is `deleted`.', content: json(ref('Server')) },
    ...problems({
      403: 'It is of another project.',
      404: 'No request of that id, or none that the token may see.',
      503: 'The database does not answer.',
    }),
  },
};

export const holdingsOperation = {
  operationId: 'listHoldings',
  summary: 'Who holds what, by host: claims and servers',
  responses: {
    200: {
      description: 'As the next decision sees it.',
      content: json(object({ hosts: listOf(ref('HostHoldings')) })),
    },
  },
};

export const comparisonsOperation = {
  operationId: 'listComparisons',
  summary: 'Servers that others booted, and where the policy would have put them',
  responses: {
    200: {
      description: 'The newest first.',
      content: json(
        object({ servers: whole, sameHost: whole, objected: whole, comparisons: listOf(ref('Comparison')) }),
      ),
    },
  },
};

export const novaHostsOperation = {
  operationId: 'weighHosts',
  summary: "What Nova's filter and weigher ask",
  requestBody: {
    required: true,
    content: json(
      object(
        {
          instance: text,
          flavor: { type: 'object' },
          timeout: number,
          hints: { type: 'object' },
          metadata: { type: 'object' },
          pci: { type: 'object' },
          hosts: listOf(text),
        },
        ['instance', 'flavor', 'hosts'],
      ),
    ),
  },
  responses: {
    200: {
      description: 'In mode `act` hosts that are left out are refused.',
      content: json(object({ mode: text, hosts: { type: 'object', additionalProperties: number } })),
    },
    ...problems({ 400: 'A field is wrong.', 503: 'The first reconciliation has not finished.' }),
  },
};

const named = { anyOf: [object({ id: text, name: text }), { type: 'null' }] };
const card = object({ model: text, address: text });
const sizes = { vcpus: number, ramMib: whole, diskGib: whole };

const holdingKinds = `\`left-behind\`: a place that the server still holds beside the one where it is, as until a resize is confirmed; \`orphan\`:
what Placement has for nobody that Nova knows. Left out where the server is.`;

export const schedulingSchemas = {
  ServerRequest: object(
    {
      name: { type: 'string', maxLength: 255 },
      image: { type: 'string', description: 'Id, or a name that only one image has.' },
      networks: { description: 'Ids; `none`, the default, for no network.', anyOf: [{ const: 'none' }, listOf(text)] },
      flavor: { type: 'string', description: 'Id or name; or give `size`.' },
      size: object(sizes, ['vcpus', 'ramMib']),
      gpu: {
        ...object({ count: { type: 'integer', minimum: 1 }, memoryMib: whole, cores: whole, models: listOf(text) }, []),
        description: 'Least memory and cores of each card; 0 and no models for any. Counts over the flavor.',
      },
      userData: { type: 'string', description: 'Base64.' },
      keyName: text,
      configDrive: { type: 'boolean' },
      availabilityZone: text,
      serverGroup: text,
      securityGroups: { ...listOf(text), description: "Names or ids; without, the project's default." },
      volumes: {
        ...listOf(object({ id: text, boots: { type: 'boolean' }, deleteWithServer: { type: 'boolean' } }, ['id'])),
        description: 'At most one that the server boots from, in place of its image.',
      },
      metadata: { type: 'object', additionalProperties: { type: 'string', maxLength: 255 } },
    },
    ['name', 'image'],
  ),
  Server: object({
    id: { type: 'string', format: 'uuid', description: "Also in the server's metadata, `heps:request`." },
    name: text,
    state: {
      enum: ['claimed', 'building', 'active', 'error', 'failing', 'deleting', 'failed', 'deleted'],
      description: '`error`: it was active, and Nova says ERROR now.',
    },
    status: { ...textOrNull, description: 'What Nova says of its server, as last seen.' },
    project: { ...named, description: 'In which it is; null where that was not written down.' },
    user: { ...named, description: 'Whose it is there.' },
    serverId: textOrNull,
    host: textOrNull,
    cards: listOf(card),
    request: { type: 'object' },
    attempt: { type: 'integer', minimum: 1 },
    decision: object({
      policy: text,
      host: textOrNull,
      cards: listOf(card),
      score: { type: ['number', 'null'] },
      terms: { type: 'object', additionalProperties: number },
      rejectedBy: { type: 'object', additionalProperties: whole },
    }),
    history: listOf(object({ attempt: whole, host: text, serverId: textOrNull, fault: text })),
    fault: textOrNull,
    createdAtS: number,
    changedAtS: number,
  }),
  HostHoldings: object({
    host: text,
    takesServers: { type: 'boolean' },
    servers: listOf(
      object(
        {
          request: text,
          kind: { enum: ['left-behind', 'orphan'], description: holdingKinds },
          serverId: textOrNull,
          ...sizes,
        },
        ['serverId', ...Object.keys(sizes)],
      ),
    ),
    cards: listOf(object({ address: text, holder: text })),
  }),
  Comparison: object({
    serverId: text,
    atS: number,
    name: text,
    request: { type: 'object' },
    novaHost: text,
    host: textOrNull,
    score: { type: ['number', 'null'] },
    objection: {
      type: ['string', 'null'],
      description: 'Why the policy would have refused the host; null when it would have taken it.',
    },
  }),
};
