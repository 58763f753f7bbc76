/** The OpenAPI 3.1 document, made from the routes themselves, so that none is left out. */
import type { Route } from './routes.ts';

export interface DocumentOptions {
  readonly version: string;
  readonly schemas: Readonly<Record<string, object>>;
  /** What every route may answer besides its own, where it needs a token. */
  readonly authProblems: Readonly<Record<number, unknown>>;
}

export function openApiDocument(routes: readonly Route[], { version, schemas, authProblems }: DocumentOptions): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, roles, forBrowsers, operation } of routes) {
    const schemes = roles === null ? [] : [{ bearer: [] }, { keystone: [] }, ...(forBrowsers ? [{ basic: [] }] : [])];
    const responses = { ...(operation.responses as object), ...(roles !== null && authProblems) };
    const roleText = roles === null ? {} : { 'x-roles': roles };
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = { ...operation, responses, security: schemes, ...roleText };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'HEPS SRM registry', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'Made by `heps live token create`.' },
        keystone: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Auth-Token',
          description: 'A token of Keystone, where a cloud is configured; its roles as access.keystoneRoles has them.',
        },
        basic: { type: 'http', scheme: 'basic', description: 'Any name; the token as password.' },
      },
    },
  };
}
