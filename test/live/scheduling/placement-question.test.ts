/** What is asked of Placement for a server: the same as nova-scheduler asks, or less. */
import { expect, test } from 'vitest';
import { vmRequest } from '../../../core/request.ts';
import { leftToNova, placementQuestion } from '../../../live/scheduling/placement-question.ts';

const request = vmRequest({ id: 'r', vcpus: 4, ramMib: 8192, diskGib: 10 });
const question = (extraSpecs: Record<string, string>, imageTraits: readonly string[] = []) =>
  placementQuestion({ flavor: { id: 'f', name: 'f', extraSpecs }, request, imageTraits }, null);

test('sizes, traits of flavor and image, and resources of the flavor; zero takes one away', () => {
  const specs = {
    'trait:CUSTOM_SSD': 'required',
    'trait:CUSTOM_OLD': 'forbidden',
    'resources:CUSTOM_LICENSE': '2',
    'resources:DISK_GB': '0',
    'hw:mem_page_size': 'large',
  };
  expect(question(specs, ['CUSTOM_IMAGE', 'CUSTOM_SSD'])).toEqual({
    resources: { VCPU: 4, MEMORY_MB: 8192, CUSTOM_LICENSE: 2 },
    required: ['CUSTOM_SSD', 'CUSTOM_IMAGE'],
    forbidden: ['CUSTOM_OLD'],
    groups: {},
    groupPolicy: null,
    memberOf: null,
  });
});

test('numbered groups go with their policy; a group of traits alone is Nova’s', () => {
  const specs = {
    'resources1:VGPU': '1',
    'trait1:CUSTOM_X': 'required',
    'resources_NET:SRIOV': '1',
    group_policy: 'isolate',
  };
  expect(question(specs)).toMatchObject({
    groups: {
      1: { resources: { VGPU: 1 }, required: ['CUSTOM_X'] },
      _NET: { resources: { SRIOV: 1 } },
    },
    groupPolicy: 'isolate',
  });
  expect(question({ 'trait2:CUSTOM_X': 'required' }).groups).toEqual({});
});

test('pinned CPUs, for which Nova asks twice, are left out', () => {
  expect(question({ 'hw:cpu_policy': 'dedicated' }).resources).toEqual({ MEMORY_MB: 8192, DISK_GB: 10 });
});

test('what only Nova judges is named', () => {
  const extraSpecs = { 'heps:gpu_num': '1', 'trait:X': 'required', 'hw:numa_nodes': '2' };
  const flavor = { id: 'f', name: 'f', extraSpecs };
  expect(leftToNova({ flavor, serverGroup: 'g' })).toEqual(['the server group', 'hw:numa_nodes', 'the image']);
});
