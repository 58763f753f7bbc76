/** Orders for tests of user data. */

import type { DesktopImage, Station } from '../../../../live/desktops/catalogue/station.ts';
import type { ProvisioningOrder } from '../../../../live/desktops/provisioning/order.ts';

export const linuxImage: DesktopImage = {
  id: 'imaging-linux',
  title: 'Imaging on Linux',
  system: 'linux',
  glanceImage: 'debian-12-imaging',
  software: [
    { title: 'Terminal', command: 'xterm -title "$HOME"', starts: true },
    { title: 'ImageJ & more', command: 'imagej', starts: false },
  ],
  apps: [{ id: 'files', title: 'Files', port: 8000, path: '/', command: 'python3 -m http.server 8000 # {base}' }],
  vncPort: 5901,
  sshPort: 22,
  template: null,
};

export const station: Station = {
  id: 'b7',
  title: 'B7 hard X-ray imaging',
  description: '',
  groups: [],
  images: [linuxImage],
  size: { vcpus: 4, ramMib: 8192, diskGib: 40 },
  gpu: { count: 0, memoryMib: 0 },
  largest: { vcpus: 16, ramMib: 65536, diskGib: 200, cards: 2, cardMemoryMib: 49152 },
  cardModels: [],
  lifetimeS: 28_800,
  longestLifetimeS: 604_800,
  graceS: 604_800,
  mounts: [
    {
      type: 'lustre',
      source: '10.1.0.5@tcp:/heps',
      target: '/heps',
      options: 'flock',
      groups: ['b7'],
      link: 'b7/{user}',
    },
    { type: 'nfs4', source: 'oceanstor:/data', target: '/data', options: '', groups: [], link: null },
    { type: 'cifs', source: '//nas/raw data', target: '/raw data', options: 'ro', groups: ['b7'], link: '{station}' },
    { type: 'nfs', source: 'nas:/secret', target: '/secret', options: '', groups: ['b3'], link: '' },
  ],
  clipboard: { mostIn: 10_000, mostOut: 0 },
  files: { up: true, down: true, mostBytes: 1e9, byControllers: false, clientNetworks: [] },
  clientNetworks: [],
  idle: null,
};

export const order: ProvisioningOrder = {
  person: {
    name: 'chen',
    displayName: 'Chen Wei',
    uid: 10001,
    gid: 10001,
    groups: [
      { name: 'b7', gid: 20007 },
      { name: 'domain users', gid: 20100 },
      { name: 'sudo', gid: 27 },
      { name: 'Docker', gid: 5000 },
    ],
    isAdmin: false,
  },
  station,
  image: linuxImage,
  desktop: {
    id: '5b0f2a8e-8a55-4f0c-9d55-0d6f7d1f7a10',
    title: 'Tomography of sample 12',
    vncPassword: 'k3Jm9QxZ',
    vncPort: 5901,
    appBase: { files: '/apps/5b0f2a8e-8a55-4f0c-9d55-0d6f7d1f7a10/files' },
    ssh: {
      port: 22,
      authority: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f',
      hostKeys: {
        publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA',
        privateKey: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----\n',
      },
    },
  },
};
