/** Logs people in by the facility's OpenID provider: authorization code with PKCE, state and nonce. */
import { createHash } from 'node:crypto';
import * as oidc from 'openid-client';
import { InputError } from '../../../core/input-error.ts';
import type { Group } from '../records/group.ts';
import { isMailAddress } from './mail-address.ts';
import type { Person } from './person.ts';
import { aGroupName, anAccountNumber, aPersonName, aShownText } from './person-name.ts';
import type { UnifiedLoginSettings } from './unified-login-settings.ts';

/** What the browser keeps in a cookie between going to the provider and coming back. */
export interface LoginAttempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** The provider did not log the person in, or says what cannot be. `message` is for the person. */
export class LoginFailed extends Error {
  override readonly name: string = 'LoginFailed';
}

/** It does not answer. */
export class ProviderAway extends LoginFailed {
  override readonly name = 'ProviderAway';
}

/** Seconds for an answer of the provider. */
const providerLimitS = 8;

export class UnifiedLogin {
  readonly #settings: UnifiedLoginSettings;
  readonly #adminGroups: readonly string[];
  readonly #callbackUrl: string;
  #provider: Promise<oidc.Configuration> | null = null;

  /** @param callbackUrl to which the provider sends people back */
  constructor(settings: UnifiedLoginSettings, adminGroups: readonly string[], callbackUrl: string) {
    this.#settings = settings;
    this.#adminGroups = adminGroups;
    this.#callbackUrl = callbackUrl;
  }

  get title(): string {
    return this.#settings.title;
  }

  /** Where to send the browser, and what it has to bring back. @throws LoginFailed */
  async begin(): Promise<{ readonly url: string; readonly attempt: LoginAttempt }> {
    const provider = await this.#discovered();
    const verifier = oidc.randomPKCECodeVerifier();
    const attempt = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier };
    const url = oidc.buildAuthorizationUrl(provider, {
      redirect_uri: this.#callbackUrl,
      scope: ['openid', ...this.#settings.scopes].join(' '),
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: attempt.state,
      nonce: attempt.nonce,
    });
    return { url: url.href, attempt };
  }

  /**
   * @param query of the address to which the provider sent the browser
   * @returns the person, and a hash of who the provider says it is
   * @throws LoginFailed
   */
  async finish(query: string, attempt: LoginAttempt): Promise<{ readonly person: Person; readonly subject: string }> {
    const provider = await this.#discovered();
    const claims = await failing('The facility did not log you in. Begin again.', async () => {
      const tokens = await oidc.authorizationCodeGrant(provider, new URL(`${this.#callbackUrl}?${query}`), {
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        pkceCodeVerifier: attempt.verifier,
        idTokenExpected: true,
      });
      const said = tokens.claims()!;
      const more =
        provider.serverMetadata().userinfo_endpoint === undefined
          ? {}
          : await oidc.fetchUserInfo(provider, tokens.access_token, said.sub);
      return { ...more, ...said };
    });
    const subject = createHash('sha256')
      .update(JSON.stringify([claims.iss, claims.sub]))
      .digest('hex');
    return { person: this.#personOf(claims), subject };
  }

  #personOf(claims: Readonly<Record<string, unknown>>): Person {
    const { claims: names, groupNumbers } = this.#settings;
    try {
      const name = aPersonName(claims[names.name], names.name);
      const listed = claims[names.groups] ?? [];
      if (!Array.isArray(listed)) throw new InputError(names.groups, 'a list', listed);
      const groupNames = listed.map((item) =>
        String(typeof item === 'string' ? item.split(':')[0] : (item as Group)?.name),
      );
      return {
        name,
        displayName: aShownText(claims[names.displayName] ?? name, names.displayName, 100),
        uid: anAccountNumber(claims[names.uid], names.uid),
        gid: anAccountNumber(claims[names.gid], names.gid),
        groups: listed.flatMap((item) => groupOf(item, groupNumbers)),
        ...emailIn(claims[names.email]),
        isAdmin: groupNames.some((group) => this.#adminGroups.includes(group)),
      };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new LoginFailed(`What the facility says of you cannot be used here (${error.message}).`, { cause: error });
    }
  }

  /** Asked for once; again where that failed. */
  #discovered(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    const url = new URL(issuer);
    const isLocal = url.protocol === 'http:';
    this.#provider ??= oidc
      .discovery(url, clientId, clientSecret, undefined, {
        timeout: providerLimitS,
        ...(isLocal && { execute: [oidc.allowInsecureRequests] }),
      })
      .catch((error: unknown) => {
        this.#provider = null;
        throw new ProviderAway('The facility does not answer. Try again in a moment.', { cause: error });
      });
    return this.#provider;
  }
}

/** A group with its number: `{name, gid}`, `b7:70001`, or a name whose number is in the configuration. Others are left out. */
function groupOf(item: unknown, numbers: Readonly<Record<string, number>>): Group[] {
  const [text, written] = typeof item === 'string' ? item.split(':') : [(item as Group)?.name, (item as Group)?.gid];
  const gid = written ?? (Object.hasOwn(numbers, String(text)) ? numbers[String(text)] : undefined);
  if (gid === undefined) return [];
  try {
    return [{ name: aGroupName(text, 'group'), gid: anAccountNumber(gid, 'gid') }];
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}

async function failing<T>(sentence: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new LoginFailed(sentence, { cause: error });
  }
}

/** An address that cannot be used keeps nobody from logging in. */
function emailIn(claim: unknown): Pick<Person, 'email'> {
  return typeof claim === 'string' && isMailAddress(claim) ? { email: claim } : {};
}
