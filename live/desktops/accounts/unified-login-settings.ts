/** What an operator sets of the facility's unified login, OpenID Connect. */

export interface UnifiedLoginSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What the facility calls it. */
  readonly title: string;
  /** Asked for besides `openid`. */
  readonly scopes: readonly string[];
  /** Names of the claims. */
  readonly claims: Readonly<Record<'name' | 'displayName' | 'uid' | 'gid' | 'groups' | 'email', string>>;
  /** Number by name, of groups that come without one. */
  readonly groupNumbers: Readonly<Record<string, number>>;
}
