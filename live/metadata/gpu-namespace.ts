/** The namespace `OS::HEPS::GPU` of Glance's metadata definitions: what Horizon offers to ask for, on servers and on flavors. */
import { catalogue } from '../../core/card-catalogue.ts';
import type { MetadataNamespace } from '../openstack/index.ts';

/** With the prefix these are the keys that `core/request.ts` reads. */
export const gpuNamespace: MetadataNamespace = {
  namespace: 'OS::HEPS::GPU',
  display_name: 'HEPS GPU request',
  description:
    'What the cards of a server must offer: the HEPS scheduler places the server accordingly. Of flavor and server the stricter counts; the flavor must name cards by pci_passthrough:alias.',
  visibility: 'public',
  protected: true,
  resource_type_associations: [
    { name: 'OS::Nova::Server', properties_target: 'metadata', prefix: 'heps:' },
    { name: 'OS::Nova::Flavor', prefix: 'heps:' },
  ],
  properties: {
    gpu_num: {
      title: 'GPU cards',
      description: 'How many cards the server gets, all on one host',
      type: 'integer',
      minimum: 0,
      maximum: 8,
      default: 0,
    },
    gpu_mem_mib: {
      title: 'Memory per card (MiB)',
      description: 'Least memory of each card; 0 for any',
      type: 'integer',
      minimum: 0,
    },
    gpu_cores: {
      title: 'Cores per card',
      description: 'Least CUDA cores of each card; 0 for any',
      type: 'integer',
      minimum: 0,
    },
    gpu_model: {
      title: 'Model',
      description: 'The model of the cards',
      type: 'string',
      enum: ['any', ...catalogue.map(({ name }) => name)],
    },
  },
};
