/** Opens a session at the cloud that a command names, and closes it whatever happens. */
import { InputError } from '../../core/input-error.ts';
import {
  NoAnswerError,
  OpenStackError,
  openSession,
  readCloudConfiguration,
  type Session,
  surroundings,
} from '../openstack/index.ts';

/** @throws InputError when the cloud is not configured, does not answer, or refuses; the message names service, request and request id */
export async function withSession(cloud: string | undefined, use: (session: Session) => Promise<void>): Promise<void> {
  const session = openSession(readCloudConfiguration(surroundings(), cloud));
  try {
    await use(session);
  } catch (error) {
    if (error instanceof OpenStackError || error instanceof NoAnswerError) throw InputError.saying(error.message);
    throw error;
  } finally {
    await session.close();
  }
}
