/** Requests for a stream that must not be accepted, each as the bytes of an HTTP request, made from a number. */
import seedrandom from 'seedrandom';

export interface HostileConnect {
  readonly kind: string;
  readonly text: string;
}

export interface HostileOptions {
  /** A new token that would be accepted; what is wrong is something else. */
  readonly good: () => string;
  readonly used: readonly string[];
  readonly expired: readonly string[];
  /** The one origin that is allowed. */
  readonly origin: string;
}

const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The same number, the same request, but for tokens that are made for it. */
export function hostileConnects(options: HostileOptions): (seed: number) => HostileConnect {
  return (seed) => {
    const random = seedrandom.xor4096(String(seed));
    const below = (limit: number): number => Math.floor(random() * limit);
    const pick = <T>(items: readonly T[]): T => items[below(items.length)]!;
    const letters = (count: number): string => Array.from({ length: count }, () => base64url[below(64)]).join('');
    const { origin } = options;
    const upgrade = (
      protocols: string,
      more: Readonly<Record<string, string | null>> = {},
      line = 'GET /stream HTTP/1.1',
    ): string => upgradeRequest(line, origin, protocols, more);
    const of = (token: string): string => `binary, token.${token}`;
    const kinds: Readonly<Record<string, () => string>> = {
      guessed: () => upgrade(of(letters(43))),
      used: () => upgrade(of(pick(options.used))),
      expired: () => upgrade(of(pick(options.expired))),
      'nearly a used one': () => upgrade(of(`${pick(options.used).slice(0, 42)}${letters(1)}`)),
      'wrong length': () => upgrade(of(letters(pick([0, 1, 42, 44, 86, 4000])))),
      'wrong characters': () => upgrade(of(letters(42) + pick(['=', '+', '/', ' ', '.', '%', "'", '\u00e9', ',']))),
      'good token, other origin': () =>
        upgrade(of(options.good()), {
          Origin: pick([
            `${origin}.evil.test`,
            'null',
            'https://evil.test',
            `${origin}/`,
            origin.toUpperCase(),
            ' ',
            `x${origin}`,
          ]),
        }),
      'good token, no origin': () => upgrade(of(options.good()), { Origin: null }),
      'good token, two origins': () => upgrade(of(options.good()), { Origin: `${origin}, https://evil.test` }),
      'good token, wrong place': () =>
        upgrade('binary', {
          [pick(['Authorization', 'X-Token', 'Cookie'])]: pick(['Bearer ', 'token=', 'x=']) + options.good(),
        }),
      'good token in the address': () => upgrade('binary', {}, `GET /stream?token=${options.good()} HTTP/1.1`),
      'good token, other subprotocols': () =>
        upgrade(`${pick(['base64, ', '', 'binary; ', 'BINARY, ', 'binary,binary,'])}token.${options.good()}`),
      'good token, wrong key': () =>
        upgrade(of(options.good()), { 'Sec-WebSocket-Key': pick(['', 'short', letters(24), `${letters(22)}==x`]) }),
      'good token, wrong version': () =>
        upgrade(of(options.good()), { 'Sec-WebSocket-Version': pick(['8', '7', '', '13, 8', '14']) }),
      'good token, other method': () =>
        upgrade(of(options.good()), {}, `${pick(['POST', 'PUT', 'OPTIONS', 'HEAD', 'GETT'])} /stream HTTP/1.1`),
      'good token, other path': () =>
        upgrade(
          of(options.good()),
          {},
          `GET ${pick(['/Stream', '/stream/', '//stream', '/stream/..', '/./stream', '/', '/streams', '*'])} HTTP/1.1`,
        ),
      'good token, other upgrade': () =>
        upgrade(of(options.good()), { Upgrade: pick(['h2c', 'websockets', 'WebSocket, h2c', 'tls']) }),
      'good token, old HTTP': () => upgrade(of(options.good()), {}, 'GET /stream HTTP/1.0'),
      'cookie with a guess': () =>
        upgrade('binary', { Cookie: `${pick(['heps-stream', '__Host-heps-stream'])}=${letters(43)}` }),
      'two cookies': () => upgrade('binary', { Cookie: `heps-stream=${letters(43)}; heps-stream=${letters(43)}` }),
      'a header with a line break': () => upgrade(`${of(letters(43))}\r\n X: y`),
      'huge headers': () => upgrade(of(letters(43)), { 'X-Long': letters(20_000) }),
      noise: () => Array.from({ length: 1 + below(300) }, () => String.fromCharCode(below(256))).join(''),
      'cut off': () => {
        const text = upgrade(of(options.good()));
        return text.slice(0, below(text.length - 4));
      },
    };
    const kind = pick(Object.keys(kinds));
    return { kind, text: kinds[kind]!() };
  };
}

/** One that is accepted, where the token is good. */
export function goodConnect(token: string, origin: string): HostileConnect {
  return { kind: 'good', text: upgradeRequest('GET /stream HTTP/1.1', origin, `binary, token.${token}`, {}) };
}

function upgradeRequest(
  line: string,
  origin: string,
  protocols: string,
  more: Readonly<Record<string, string | null>>,
): string {
  return request(line, {
    Host: 'stream.test',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    Origin: origin,
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Protocol': protocols,
    ...more,
  });
}

function request(line: string, headers: Readonly<Record<string, string | null>>): string {
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return `${[line, ...lines].join('\r\n')}\r\n\r\n`;
}
