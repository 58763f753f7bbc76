/** A thin client of OpenStack's APIs: `openSession(readCloudConfiguration())`, then a client for each service. */
export { type CandidateQuery, disabledTrait, type ResourceGroup } from './allocation-candidates.ts';
export { type CatalogAdmin, type CatalogEndpoint, type CatalogService, openCatalogAdmin } from './catalog-admin.ts';
export { collect } from './collect.ts';
export {
  type CloudConfiguration,
  type EndpointInterface,
  interfaces,
  readCloudConfiguration,
  surroundings,
} from './configuration.ts';
export type { Surroundings } from './configuration-files.ts';
export type { ApplicationCredential, Credential, InDomain, PasswordCredential, Reference } from './credential.ts';
export {
  isConcurrentUpdate,
  isNotFound,
  mayHaveTakenEffect,
  NoAnswerError,
  OpenStackError,
  UnreadableAnswerError,
} from './errors.ts';
export type { Flavor, NewFlavor } from './flavors.ts';
export { type Glance, type Image, type MetadataNamespace, openGlance } from './glance.ts';
export { type Aggregate, type ComputeService, type Hypervisor, states, statuses } from './hosts.ts';
export type { Method } from './http.ts';
export type { ActionEvent, InstanceAction } from './instance-actions.ts';
export { type ShownToken, showToken } from './keystone.ts';
export { compareVersions, type Microversion } from './microversion.ts';
export { isMoveOpen, type Move, type MoveFilter } from './migrations.ts';
export { type Nova, novaOf, openNova } from './nova.ts';
export { type PciProvider, pciProviders } from './pci-providers.ts';
export {
  type AtGeneration,
  type Inventory,
  type NewInventory,
  openPlacement,
  type Placement,
  type ProviderFilter,
  type ResourceProvider,
  type Resources,
  repeatOnConcurrentUpdate,
} from './placement.ts';
export type { RetryOptions } from './retries.ts';
export type { CreatedServer, NewServer, Server, ServerFilter, ServerFlavor, ServerVolume } from './servers.ts';
export { type Answer, type Call, type Exchange, openSession, type Session, type SessionOptions } from './session.ts';
export type { Identity } from './token.ts';
