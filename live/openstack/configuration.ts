/** Which cloud, and as whom: from `clouds.yaml` and `OS_*`, as other OpenStack tools read them. */
import { homedir } from 'node:os';
import { oneOf } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { fieldsOf, readCloudEntries, type Surroundings } from './configuration-files.ts';
import type { Credential, InDomain, Reference } from './credential.ts';

/** The interfaces under which a service's addresses are listed. */
export const interfaces = ['public', 'internal', 'admin'] as const;
/** Which of a service's addresses in the catalogue is used. */
export type EndpointInterface = (typeof interfaces)[number];

/** How to reach a cloud: from clouds.yaml or from OS_ variables, as the OpenStack client reads them. */
export interface CloudConfiguration {
  /** The entry in `clouds.yaml`; `environment` for one made of `OS_*`. */
  readonly name: string;
  /** Keystone's, ending in `/v3`. */
  readonly authUrl: string;
  readonly credential: Credential;
  /** Null where the cloud has but one. */
  readonly region: string | null;
  readonly interface: EndpointInterface;
  /** A file of certificate authorities to trust besides the usual ones. */
  readonly caFile: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** The process's own surroundings. */
export function surroundings(): Surroundings {
  return { environment: process.env, directory: process.cwd(), home: homedir(), system: '/etc/openstack' };
}

/**
 * The cloud called `cloud`, else by `OS_CLOUD`, else the one of `OS_AUTH_URL`, else the only one in `clouds.yaml`.
 * For a cloud from a file `OS_REGION_NAME`, `OS_INTERFACE` and `OS_CACERT` still count, but no other variable: as in
 * openstacksdk, so that a sourced openrc cannot lend its password to another cloud.
 * @throws InputError naming file and field, or variable; never with a secret
 */
export function readCloudConfiguration(around = surroundings(), cloud?: string): CloudConfiguration {
  const { environment } = around;
  const named = cloud ?? given(environment.OS_CLOUD);
  if (named === undefined && given(environment.OS_AUTH_URL) !== undefined) return fromEnvironment(around);
  const { file, clouds } = readCloudEntries(around);
  if (file === null) {
    throw InputError.saying('no cloud is configured: expected clouds.yaml (OS_CLIENT_CONFIG_FILE) or OS_AUTH_URL');
  }
  const names = Object.keys(clouds);
  if (named === undefined && names.length !== 1) {
    throw InputError.saying(`${file} has several clouds: expected OS_CLOUD to be one of ${names.join(', ')}`);
  }
  const name = oneOf(named ?? names[0], `${file}: cloud`, names);
  const where = `${file}: clouds.${name}`;
  const entry = fieldsOf(clouds[name], where);
  return configuration(name, where, around.home, {
    ...entry,
    ...fieldsOf(entry.auth ?? {}, `${where}.auth`),
    ...variables(environment, ['region_name', 'interface', 'cacert']),
  });
}

/** The `OS_*` variables that count, as the fields of `clouds.yaml`. */
const authFields = [
  ...['auth_url', 'auth_type', 'username', 'user_id', 'password', 'user_domain_name', 'user_domain_id'],
  ...['project_name', 'project_id', 'project_domain_name', 'project_domain_id', 'domain_name', 'domain_id'],
  ...['application_credential_id', 'application_credential_name', 'application_credential_secret'],
];

function fromEnvironment({ environment, home }: Surroundings): CloudConfiguration {
  const fields = variables(environment, [...authFields, 'region_name', 'interface', 'cacert', 'insecure']);
  return configuration('environment', '', home, fields);
}

function variables(environment: Surroundings['environment'], fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = given(environment[`OS_${field.toUpperCase()}`]);
      return value === undefined ? [] : [[field, value]];
    }),
  );
}

/** @param where of the entry; '' for the environment, whose fields are called `OS_*` */
function configuration(name: string, where: string, home: string, fields: Fields): CloudConfiguration {
  const called = (field: string) => (where === '' ? `OS_${field.toUpperCase()}` : `${where}: ${field}`);
  const text = (field: string) => optional(fields[field], called(field));
  if (text('verify') === 'false' || /^(1|true)$/i.test(text('insecure') ?? '')) {
    throw InputError.saying(`${called('verify')}: expected certificates to be verified; name your own CA in cacert`);
  }
  return {
    name,
    authUrl: authUrl(required(text('auth_url'), called('auth_url')), called('auth_url')),
    credential: readCredential(text, called),
    region: text('region_name') ?? null,
    interface: oneOf((text('interface') ?? 'public').replace(/URL$/, ''), called('interface'), interfaces),
    caFile: text('cacert')?.replace(/^~(?=\/)/, home) ?? null,
  };
}

type Read = (field: string) => string | undefined;

function readCredential(text: Read, called: (field: string) => string): Credential {
  const isApplication = (text('application_credential_id') ?? text('application_credential_name')) !== undefined;
  const types = ['password', 'v3password', 'v3applicationcredential'] as const;
  const type = oneOf(text('auth_type') ?? (isApplication ? types[2] : types[0]), called('auth_type'), types);
  const need = (field: string) => required(text(field), called(field));
  if (type === 'v3applicationcredential') {
    const secret = need('application_credential_secret');
    const id = text('application_credential_id');
    const credential =
      id === undefined
        ? { name: need('application_credential_name'), user: named('user', 'username', text, need) }
        : { id };
    return { kind: 'application-credential', credential, secret: () => secret };
  }
  const password = need('password');
  return {
    kind: 'password',
    user: named('user', 'username', text, need),
    password: () => password,
    project: named('project', 'project_name', text, need),
  };
}

/** A user or project by id, else by name in its domain; the domain `default` where none is given, as openstackclient does. */
function named(kind: 'user' | 'project', nameField: string, text: Read, need: (field: string) => string): InDomain {
  const id = text(`${kind}_id`);
  if (id !== undefined) return { id };
  return {
    name: need(nameField),
    domain: domainOf(`${kind}_domain`, text) ?? domainOf('domain', text) ?? { id: 'default' },
  };
}

function domainOf(field: string, text: Read): Reference | undefined {
  const [id, name] = [text(`${field}_id`), text(`${field}_name`)];
  if (id !== undefined) return { id };
  return name === undefined ? undefined : { name };
}

function authUrl(url: string, where: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new InputError(where, 'an http or https address', withoutUser(url));
  }
  if (new URL(url).username !== '') throw InputError.saying(`${where}: expected an address without user and password`);
  const bare = url.replace(/\/+$/, '');
  if (bare.endsWith('/v2.0')) throw new InputError(where, "the address of Keystone's v3 API", url);
  return bare.endsWith('/v3') ? bare : `${bare}/v3`;
}

function withoutUser(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//');
}

function required(value: string | undefined, where: string): string {
  if (value === undefined) throw new InputError(where, 'a text', undefined);
  return value;
}

/** What came is not shown: it may be a secret at the wrong place. */
function optional(value: unknown, where: string): string | undefined {
  if (value !== undefined && typeof value !== 'string') throw InputError.saying(`${where}: expected a text`);
  return given(value);
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
