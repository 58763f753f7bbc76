/** Who logs in to Keystone, and the body that says so. */

/** By id or by name; names of users and projects are unique in their domain only. */
export type Reference = { readonly id: string } | { readonly name: string };
/** A user or project, and the domain in which its name is unique. */
export type InDomain = { readonly id: string } | { readonly name: string; readonly domain: Reference };

/** A secret is a function, so that printing or serialising what holds it shows none. */
export interface PasswordCredential {
  readonly kind: 'password';
  readonly user: InDomain;
  readonly password: () => string;
  readonly project: InDomain;
}

/** It names its project itself. By name it needs its user as well. */
export interface ApplicationCredential {
  readonly kind: 'application-credential';
  readonly credential: { readonly id: string } | { readonly name: string; readonly user: InDomain };
  readonly secret: () => string;
}

/** Who logs in, and how. */
export type Credential = PasswordCredential | ApplicationCredential;

/** The body of `POST /v3/auth/tokens`. */
export function tokenRequest(credential: Credential): object {
  if (credential.kind === 'application-credential') {
    const method = { ...credential.credential, secret: credential.secret() };
    return { auth: { identity: { methods: ['application_credential'], application_credential: method } } };
  }
  const user = { ...credential.user, password: credential.password() };
  const identity = { methods: ['password'], password: { user } };
  return { auth: { identity, scope: { project: credential.project } } };
}
