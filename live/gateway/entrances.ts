/** `/connect?token=` and `/apps/start?token=`: the paper's form, a token in the address, turned at once into a cookie and a clean address. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { secretFormat } from '../access/secrets.ts';
import { appPathOf, isPlainAppPath } from './apps/app-path.ts';
import { Refused } from './authority/authority.ts';
import type { Caller } from './connections/admission.ts';
import { answer, sendOn } from './connections/answers.ts';
import { cookieNames, secretCookie } from './connections/connect-secrets.ts';
import type { GatewayContext } from './connections/context.ts';

interface Exchanged {
  readonly secret: string;
  readonly path: string;
  readonly endsAtS: number;
}

export class Entrances {
  readonly #context: GatewayContext;

  constructor(context: GatewayContext) {
    this.#context = context;
  }

  /** To the streaming page here, whatever the request says. */
  async toDesktop(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void> {
    const { isSecure, clock } = this.#context;
    const exchanged = await this.#exchange(request, response, caller);
    if (exchanged === null) return;
    if (appPathOf(exchanged.path) !== null) {
      this.#refuse(new Refused('token-other-kind'), response, caller, true);
      return;
    }
    const maxAgeS = exchanged.endsAtS - clock.nowS;
    const cookie = secretCookie(cookieNames(isSecure).stream, exchanged.secret, { path: '/', maxAgeS, isSecure });
    sendOn(request, response, '/desktop', cookie);
  }

  /** To the application that the token is for. */
  async toApp(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void> {
    const { isSecure, clock } = this.#context;
    const exchanged = await this.#exchange(request, response, caller);
    if (exchanged === null) return;
    const { secret, path, endsAtS } = exchanged;
    if (!isPlainAppPath(path)) {
      this.#refuse(new Refused('token-other-kind'), response, caller, true);
      return;
    }
    const maxAgeS = endsAtS - clock.nowS;
    const { base } = appPathOf(path)!;
    sendOn(request, response, path, secretCookie(cookieNames(isSecure).app, secret, { path: base, maxAgeS, isSecure }));
  }

  /** @returns null when the request was refused, and answered */
  async #exchange(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<Exchanged | null> {
    if (request.method !== 'GET') {
      answer(response, 405, 'Expected GET.\n', { Allow: 'GET' });
      return null;
    }
    let isAsked = false;
    try {
      this.#context.admission.takeConnect(caller);
      const tokens = new URLSearchParams(request.url!.split('?').slice(1).join('?')).getAll('token');
      if (tokens.length !== 1 || !secretFormat.test(tokens[0]!)) throw new Refused('token-malformed');
      isAsked = true;
      const exchanged = await this.#context.authority.exchange({ token: tokens[0]!, ...caller });
      if (!secretFormat.test(exchanged.secret)) throw new Error('the authority gave a secret that is none');
      return exchanged;
    } catch (error) {
      this.#refuse(error, response, caller, !isAsked || (error as Refused).reason === 'authority-away');
      return null;
    }
  }

  #refuse(error: unknown, response: ServerResponse, caller: Caller, isOurs: boolean): void {
    const status = this.#context.admission.refused(error, caller, isOurs);
    answer(response, status, 'This address is not good (any more); open the desktop from the portal again.\n');
  }
}
