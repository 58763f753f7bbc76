/** Mail by the facility's SMTP server. */
import { createTransport } from 'nodemailer';

export interface MailSettings {
  readonly host: string;
  readonly port: number;
  /** `starttls`: encrypted after the greeting, or not sent; `implicit`: from the first byte; `none`: in the clear, for a relay on this computer. */
  readonly tls: 'starttls' | 'implicit' | 'none';
  /** Null: the server asks for none. */
  readonly login: { readonly user: string; readonly password: string } | null;
  /** `Virtual desktops <desktops@example.org>`. */
  readonly from: string;
  /** Of people whose address is not known: their name before it. Null: they get no mail. */
  readonly domain: string | null;
}

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Mailer {
  /** Resolves when the server has taken it. @throws Error saying why it did not */
  send(mail: Mail): Promise<void>;
  /** Resolves when the server answers and takes the login. @throws Error saying why not */
  check(): Promise<void>;
  close(): void;
}

/** Milliseconds until the server has answered. */
const limitMs = 20_000;

export function openMailer({ host, port, tls, login, from }: Omit<MailSettings, 'domain'>): Mailer {
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(login !== null && { auth: { user: login.user, pass: login.password } }),
    connectionTimeout: limitMs,
    greetingTimeout: limitMs,
    socketTimeout: limitMs,
    // No text of ours names a file or an address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, text }) {
      // As an object: the address is no list of addresses.
      await transport.sendMail({ from, to: { name: '', address: to }, subject, text });
    },
    async check() {
      await transport.verify();
    },
    close: () => transport.close(),
  };
}
