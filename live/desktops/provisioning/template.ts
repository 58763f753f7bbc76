/**
 * User data of an operator's own: a text with placeholders such as `{{person.uid}}`.
 *
 * Numbers and checked names (`[A-Za-z0-9_/-]` only) stand anywhere. Every other value is somebody's free text, and stands only as the whole
 * right side of its line, through the filter of the language there, so that there is no quote or expression around it to break out of:
 *
 *     name={{person.displayName | shell}}
 *     $name = {{person.displayName | powershell}}
 *     gecos: {{person.displayName | json}}
 *     - {{person.displayName | json}}
 */
import { InputError } from '../../../core/input-error.ts';
import { machineGroups } from './machine-groups.ts';
import { isOneLine } from './one-line.ts';
import type { ProvisioningOrder } from './order.ts';
import { powershellQuote, shellQuote } from './quote.ts';

const safe = /^[0-9A-Za-z_/-]*$/;
const placeholder = /\{\{\s*([^{}|]*?)\s*(?:\|\s*([^{}]*?)\s*)?\}\}/g;

interface Filter {
  readonly write: (value: string) => string;
  /** What may stand on the line before the value; nothing may after it. */
  readonly before: RegExp;
  readonly example: string;
}

const filters: Readonly<Record<string, Filter>> = {
  json: { write: (value) => JSON.stringify(value), before: /^\s*(?:- +)*(?:[\w.-]+: +)?$/, example: 'key: {{…}}' },
  shell: { write: shellQuote, before: /^\s*(?:export +)?[A-Za-z_]\w*=$/, example: 'name={{…}}' },
  powershell: { write: powershellQuote, before: /^\s*\$[A-Za-z_]\w* *= *$/, example: '$name = {{…}}' },
};

/** Values that are numbers or were checked to be plain names, and may stand without a filter. */
const plain = new Set([
  'person.name',
  'person.uid',
  'person.gid',
  'station.id',
  'desktop.id',
  'desktop.vncPassword',
  'desktop.vncPort',
]);

/** Refuses a template before anybody needs it. @throws InputError naming the line */
export function checkTemplate(template: string, where: string): void {
  for (const { name, filter, before, after, line } of placeholdersOf(template, where)) {
    const at = `${where}:${line}`;
    const isPlain = plain.has(name) || /^desktop\.appBase\.[a-z0-9-]+$/.test(name);
    if (!isPlain && !free.has(name))
      throw new InputError(at, `a placeholder of ${[...plain, ...free].join(', ')}`, name);
    if (filter === undefined) {
      if (!isPlain) throw new InputError(at, `a filter (${Object.keys(filters).join(', ')}) for a free text`, name);
      continue;
    }
    const known = filters[filter];
    if (known === undefined) throw new InputError(at, `one of the filters ${Object.keys(filters).join(', ')}`, filter);
    if (!known.before.test(before) || after.trim() !== '') {
      throw new InputError(at, `the placeholder as the whole right side of its line, as in ${known.example}`, name);
    }
    if (filter === 'json' && !/^#cloud-config\s/.test(template)) {
      throw new InputError(at, '#cloud-config as the first line of a template with | json', name);
    }
    // Inside a here-document the quotes of the shell are letters, and $( ) runs.
    if (filter === 'shell' && /<<-?\s*[A-Za-z_\\]/.test(template)) {
      throw new InputError(at, "no here-document but <<'quoted' ones beside | shell", name);
    }
  }
}

/** The template with the values of an order. @throws InputError as `checkTemplate`, and for values with control characters */
export function fillTemplate(template: string, order: ProvisioningOrder): string {
  const where = `template of image ${order.image.id}`;
  checkTemplate(template, where);
  const values = valuesOf(order);
  return template.replace(placeholder, (_, name: string, filter: string | undefined) => {
    const value = values.get(name);
    if (value === undefined) throw new InputError(where, `an application of image ${order.image.id}`, name);
    if (!isOneLine(value)) throw new InputError(`${where}, ${name}`, 'a text without control characters', value);
    if (filter !== undefined) return filters[filter]!.write(value);
    if (!safe.test(value)) throw new InputError(`${where}, ${name}`, 'letters, digits, _, - and /', value);
    return value;
  });
}

/** Free texts, by their names in templates. */
const free = new Set([
  'person.displayName',
  'person.groups',
  'person.gids',
  'station.title',
  'image.title',
  'desktop.title',
  'desktop.sshAuthority',
  'desktop.sshHostKey',
]);

/** Whether a machine that is made by it can have its files moved: it learns whom to trust, and gets the key that it is known by. */
export function bringsSsh(template: string): boolean {
  const names = new Set([...template.matchAll(placeholder)].map((match) => match[1]));
  return names.has('desktop.sshAuthority') && names.has('desktop.sshHostKey');
}

function valuesOf({ person, station, image, desktop }: ProvisioningOrder): Map<string, string> {
  const groups = machineGroups(person);
  return new Map([
    ['person.name', person.name],
    ['person.uid', String(person.uid)],
    ['person.gid', String(person.gid)],
    ['person.displayName', person.displayName],
    ['person.groups', groups.map(({ name }) => name).join(',')],
    ['person.gids', groups.map(({ gid }) => gid).join(',')],
    ['station.id', station.id],
    ['station.title', station.title],
    ['image.title', image.title],
    ['desktop.id', desktop.id],
    ['desktop.title', desktop.title],
    ['desktop.vncPassword', desktop.vncPassword],
    ['desktop.vncPort', String(desktop.vncPort)],
    ['desktop.sshAuthority', desktop.ssh.authority],
    ['desktop.sshHostKey', Buffer.from(desktop.ssh.hostKeys.privateKey).toString('base64')],
    ...Object.entries(desktop.appBase).map(([app, path]): [string, string] => [`desktop.appBase.${app}`, path]),
  ]);
}

interface Placeholder {
  readonly name: string;
  readonly filter: string | undefined;
  /** The rest of its line. */
  readonly before: string;
  readonly after: string;
  readonly line: number;
}

function placeholdersOf(template: string, where: string): Placeholder[] {
  return template.split('\n').flatMap((text, index) => {
    const found = [...text.matchAll(placeholder)].map((match) => ({
      name: match[1]!,
      filter: match[2],
      before: text.slice(0, match.index),
      after: text.slice(match.index + match[0].length),
      line: index + 1,
    }));
    const open = text.split('{{').length - 1;
    if (open !== found.length)
      throw new InputError(`${where}:${index + 1}`, 'placeholders such as {{person.name}}', text.trim());
    return found;
  });
}
