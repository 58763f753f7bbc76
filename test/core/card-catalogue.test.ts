import { expect, test } from 'vitest';
import { catalogue, modelByPciId, modelNamed } from '../../core/card-catalogue.ts';

test('the FP32 figure of every entry is that of its cores and its clock', () => {
  for (const { name, cores, clockMhz, fp32Tflops } of catalogue) {
    // Each core does one multiply-add, two operations, per cycle.
    const tflops = (2 * cores * clockMhz) / 1e6;
    expect(Math.abs(tflops / fp32Tflops - 1), name).toBeLessThan(0.02);
  }
});

test('names are unique', () => {
  expect(new Set(catalogue.map((entry) => entry.name)).size).toBe(catalogue.length);
});

test('PCI ids are NVIDIA ones, well-formed and unique', () => {
  const ids = catalogue.flatMap((entry) => entry.pciIds);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^10de:[0-9a-f]{4}$/);
});

test('every entry has a PCI id, a source, and figures above zero', () => {
  for (const { name, pciIds, source, ...figures } of catalogue) {
    expect(pciIds.length, name).toBeGreaterThan(0);
    expect(source, name).toMatch(/^NVIDIA .*(datasheet|whitepaper)/);
    for (const figure of Object.values(figures)) expect(figure, name).toBeGreaterThan(0);
  }
});

test('the models of the paper, of the traces and of current data centres are known', () => {
  const wanted = ['RTX A6000', 'RTX A5000', 'A40', 'A10', 'L40S', 'T4', 'P100', 'V100-16GB', 'V100-32GB'];
  for (const name of [...wanted, 'A100-40GB', 'A100-80GB', 'H100', 'H200']) expect(modelNamed(name)?.name).toBe(name);
});

test('a card is found by its PCI id, whatever the case, and an unknown one is not', () => {
  expect(modelByPciId('10de:2230')?.name).toBe('RTX A6000');
  expect(modelByPciId('10DE:20F1')?.name).toBe('A100-40GB');
  expect(modelByPciId('10de:2335')?.memoryMib).toBe(143771);
  expect(modelByPciId('1002:73bf')).toBeUndefined();
  expect(modelNamed('rtx a6000')).toBeUndefined();
});
