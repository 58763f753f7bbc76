/**
 * The SSH certificate authority of the desktops: signs, for a minute, a key with which a gateway may move files as a person, and nothing else
 * (OpenSSH's PROTOCOL.certkeys). Machines trust its public key from their user data on. The private key is in the database, so that all
 * servers have the same one, and leaves the server never.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Kysely } from 'kysely';
import { InputError } from '../../../core/input-error.ts';
import { isTaken } from '../../database/database-errors.ts';
import { pointOf, publicBlob, publicLine } from '../../gateway/files/ssh-key.ts';
import { sshString, sshU32, sshU64 } from '../../gateway/files/ssh-wire.ts';
import type { DesktopSchema } from '../records/tables.ts';

/** Seconds that a certificate is good for, and by which a machine's clock may be behind. */
export const certificateLifeS = 60;
const machineBehindS = 60;

const certificateType = 'ssh-ed25519-cert-v01@openssh.com';
const secretName = 'ssh-authority';

export interface CertificateWish {
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string;
  /** Account of the machine. */
  readonly account: string;
  /** What the machine's log says of it. */
  readonly keyId: string;
}

export class SshAuthority {
  readonly #database: Kysely<DesktopSchema>;
  #key: Promise<KeyObject> | null = null;

  constructor(database: Kysely<DesktopSchema>) {
    this.#database = database;
  }

  /** `ssh-ed25519 AAAA…`: what machines trust. Made at the first question, by whichever server asks first. */
  async publicKey(): Promise<string> {
    return publicLine(blobOf(await this.#privateKey()));
  }

  /** `ssh-ed25519-cert-v01@openssh.com AAAA…`. @throws InputError for a key of another kind */
  async certify({ publicKey, account, keyId }: CertificateWish, nowS: number): Promise<string> {
    const point = pointOf(publicKey);
    if (point === null) throw new InputError('publicKey', 'ssh-ed25519 and its key in base64', publicKey.slice(0, 100));
    const key = await this.#privateKey();
    const body = Buffer.concat([
      sshString(certificateType),
      sshString(randomBytes(32)),
      sshString(point),
      randomBytes(8), // serial number
      sshU32(1), // of a person
      sshString(keyId),
      sshString(sshString(account)),
      sshU64(Math.floor(nowS) - machineBehindS),
      sshU64(Math.floor(nowS) + certificateLifeS),
      // Whoever got hold of it could move files for a minute: no shell, no terminal, no forwarding.
      sshString(Buffer.concat([sshString('force-command'), sshString(sshString('internal-sftp'))])),
      sshString(''),
      sshString(''),
      sshString(blobOf(key)),
    ]);
    const signature = Buffer.concat([sshString('ssh-ed25519'), sshString(sign(null, body, key))]);
    return `${certificateType} ${Buffer.concat([body, sshString(signature)]).toString('base64')}`;
  }

  #privateKey(): Promise<KeyObject> {
    this.#key ??= this.#readOrMake().catch((error: unknown) => {
      this.#key = null;
      throw error;
    });
    return this.#key;
  }

  async #readOrMake(): Promise<KeyObject> {
    const known = await this.#read();
    if (known !== undefined) return createPrivateKey(known);
    const { privateKey } = generateKeyPairSync('ed25519');
    const value = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    try {
      await this.#database.insertInto('desktopSecrets').values({ name: secretName, value }).execute();
      return privateKey;
    } catch (error) {
      const first = isTaken(error) ? await this.#read() : undefined;
      if (first === undefined) throw error;
      return createPrivateKey(first);
    }
  }

  async #read(): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom('desktopSecrets')
      .select('value')
      .where('name', '=', secretName)
      .executeTakeFirst();
    return row?.value;
  }
}

function blobOf(key: KeyObject): Buffer {
  const { x } = key.export({ format: 'jwk' });
  return publicBlob(Buffer.from(x!, 'base64url'));
}
