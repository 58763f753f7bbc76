/** The catalog of a token: where each service answers. */
import { anArray, anObject, aText } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import type { CloudConfiguration } from './configuration.ts';

export interface Endpoint {
  /** As in the catalog: `compute`, `placement`, `image`. */
  readonly service: string;
  readonly interface: string;
  readonly region: string;
  /** Without a slash at its end; Nova's without a project, Glance's without a version. */
  readonly url: string;
}

/** @param value `token.catalog` of Keystone's answer */
export function readCatalog(value: unknown, where: string): Endpoint[] {
  return anArray(value, where).flatMap((item, index) => {
    const at = `${where}[${index}]`;
    const entry = anObject(item, at);
    const service = aText(entry.type, `${at}.type`);
    return anArray(entry.endpoints, `${at}.endpoints`).map((one, number) => {
      const endpoint = anObject(one, `${at}.endpoints[${number}]`);
      return {
        service,
        interface: aText(endpoint.interface, `${at}.endpoints[${number}].interface`),
        region: aText(endpoint.region, `${at}.endpoints[${number}].region`),
        url: plainAddress(service, aText(endpoint.url, `${at}.endpoints[${number}].url`)),
      };
    });
  });
}

/** The address of a service. @throws InputError naming what the catalog has instead */
export function endpointOf(catalog: readonly Endpoint[], service: string, cloud: CloudConfiguration): string {
  const ofService = catalog.filter((endpoint) => endpoint.service === service);
  if (ofService.length === 0) {
    const services = [...new Set(catalog.map((endpoint) => endpoint.service))].sort();
    throw new InputError(`the catalog of cloud ${cloud.name}`, `a service ${service}`, services.join(', '));
  }
  const fitting = ofService.filter(
    ({ interface: face, region }) => face === cloud.interface && (cloud.region === null || region === cloud.region),
  );
  const regions = [...new Set(fitting.map(({ region }) => region))];
  if (regions.length === 1) return fitting[0]!.url;
  const expected =
    regions.length > 1
      ? `region_name to choose the ${service} of one region`
      : `${service} with the interface ${cloud.interface}${cloud.region === null ? '' : ` in region ${cloud.region}`}`;
  const offered = ofService.map(({ interface: face, region }) => `${face} in ${region}`).join(', ');
  throw new InputError(`the catalog of cloud ${cloud.name}`, expected, offered);
}

/** Old clouds put the project behind Nova's version, which no request needs since 2.18; some put `/v2` behind Glance's name. */
function plainAddress(service: string, url: string): string {
  const bare = url.replace(/\/+$/, '');
  if (service === 'compute') return bare.replace(/(\/v2\.1)\/[0-9a-f-]{32,36}$/, '$1');
  return service === 'image' ? bare.replace(/\/v2$/, '') : bare;
}
