/** The user data of a desktop's machine: what cloud-init or cloudbase-init does at its first start. */
import { InputError } from '../../../core/input-error.ts';
import { linuxUserData } from './linux-user-data.ts';
import { checkOrder, type ProvisioningOrder } from './order.ts';
import { fillTemplate } from './template.ts';
import { windowsUserData } from './windows-user-data.ts';

/** Nova's limit, counted in base64. */
const mostCharacters = 65_535;

/**
 * User data by the image's own template, or the built-in one of its system. Not in base64.
 *
 * @throws InputError where a value or the template could mean something else than it says, or it is longer than Nova takes
 */
export function buildUserData(order: ProvisioningOrder): string {
  checkOrder(order);
  const { image } = order;
  const text =
    image.template !== null
      ? fillTemplate(image.template, order)
      : image.system === 'linux'
        ? linuxUserData(order)
        : windowsUserData(order);
  const length = Math.ceil(Buffer.byteLength(text) / 3) * 4;
  if (length > mostCharacters) {
    throw new InputError(`user data of image ${image.id}`, `at most ${mostCharacters} characters in base64`, length);
  }
  return text;
}
