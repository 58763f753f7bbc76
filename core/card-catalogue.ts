/**
 * The GPU models that we know, by name and by PCI id: what a card behind vfio-pci cannot tell of itself.
 *
 * `memoryMib` is what `nvidia-smi` reports as `memory.total` since driver R510, where known. Older drivers leave out what they
 * reserve for themselves and show less (T4 15109, V100 16160 and 32510, P100 16280), as do cards with ECC switched otherwise.
 * Where a model exists as PCIe card and as SXM module, the plain name is the PCIe card (H200: the SXM module, which came first)
 * and the module has its own entry, since clock, bandwidth or power differ.
 */
import type { GpuModel } from './gpu-card.ts';

/** A model with what identifies it and where its figures are from. */
export interface CatalogueEntry extends GpuModel {
  /** PCI vendor:device of its cards, in lower-case hex, such as `10de:2230`. */
  readonly pciIds: readonly string[];
  /** Largest power draw (TDP), W. */
  readonly powerW: number;
  /** The vendor's document. `memoryMib` is from the driver, see above. */
  readonly source: string;
}

/** In order of generation. FP32 figures are those of the CUDA cores, without tensor cores. */
export const catalogue: readonly CatalogueEntry[] = [
  {
    name: 'P100',
    pciIds: ['10de:15f8'],
    memoryMib: 16384,
    cores: 3584,
    fp32Tflops: 9.3,
    bandwidthGBs: 732,
    clockMhz: 1303,
    powerW: 250,
    source: 'NVIDIA Tesla P100 PCIe datasheet, October 2016; clock: Tesla P100 PCIe product brief PB-08248-001',
  },
  {
    name: 'V100-16GB',
    pciIds: ['10de:1db4'],
    memoryMib: 16384,
    cores: 5120,
    fp32Tflops: 14,
    bandwidthGBs: 900,
    clockMhz: 1380,
    powerW: 250,
    source: 'NVIDIA V100 datasheet, January 2020; clock: Tesla V100 PCIe product brief PB-08744-001',
  },
  {
    name: 'V100-32GB',
    pciIds: ['10de:1db6'],
    memoryMib: 32768,
    cores: 5120,
    fp32Tflops: 14,
    bandwidthGBs: 900,
    clockMhz: 1380,
    powerW: 250,
    source: 'NVIDIA V100 datasheet, January 2020; clock: Tesla V100 PCIe product brief PB-08744-001',
  },
  {
    name: 'V100-SXM2-16GB',
    pciIds: ['10de:1db1'],
    memoryMib: 16384,
    cores: 5120,
    fp32Tflops: 15.7,
    bandwidthGBs: 900,
    clockMhz: 1530,
    powerW: 300,
    source: 'NVIDIA Tesla V100 GPU Architecture whitepaper WP-08608-001, 2017',
  },
  {
    name: 'V100-SXM2-32GB',
    pciIds: ['10de:1db5'],
    memoryMib: 32768,
    cores: 5120,
    fp32Tflops: 15.7,
    bandwidthGBs: 900,
    clockMhz: 1530,
    powerW: 300,
    source: 'NVIDIA V100 datasheet, January 2020; clock: Tesla V100 GPU Architecture whitepaper WP-08608-001, 2017',
  },
  {
    name: 'T4',
    pciIds: ['10de:1eb8'],
    memoryMib: 15360,
    cores: 2560,
    fp32Tflops: 8.1,
    bandwidthGBs: 320,
    clockMhz: 1590,
    powerW: 70,
    source: 'NVIDIA Turing GPU Architecture whitepaper WP-09183-001, 2018, appendix on the Tesla T4',
  },
  {
    name: 'A100-40GB',
    pciIds: ['10de:20f1'],
    memoryMib: 40960,
    cores: 6912,
    fp32Tflops: 19.5,
    bandwidthGBs: 1555,
    clockMhz: 1410,
    powerW: 250,
    source: 'NVIDIA A100 datasheet, 2020; clock: A100 Tensor Core GPU Architecture whitepaper, 2020',
  },
  {
    name: 'A100-80GB',
    pciIds: ['10de:20b5'],
    memoryMib: 81920,
    cores: 6912,
    fp32Tflops: 19.5,
    bandwidthGBs: 1935,
    clockMhz: 1410,
    powerW: 300,
    source: 'NVIDIA A100 datasheet, June 2021; clock: A100 Tensor Core GPU Architecture whitepaper, 2020',
  },
  {
    name: 'A100-SXM4-40GB',
    pciIds: ['10de:20b0'],
    memoryMib: 40960,
    cores: 6912,
    fp32Tflops: 19.5,
    bandwidthGBs: 1555,
    clockMhz: 1410,
    powerW: 400,
    source: 'NVIDIA A100 Tensor Core GPU Architecture whitepaper, 2020',
  },
  {
    name: 'A100-SXM4-80GB',
    pciIds: ['10de:20b2'],
    memoryMib: 81920,
    cores: 6912,
    fp32Tflops: 19.5,
    bandwidthGBs: 2039,
    clockMhz: 1410,
    powerW: 400,
    source: 'NVIDIA A100 datasheet, June 2021; clock: A100 Tensor Core GPU Architecture whitepaper, 2020',
  },
  {
    name: 'RTX A6000',
    pciIds: ['10de:2230'],
    memoryMib: 49140,
    cores: 10752,
    fp32Tflops: 38.7,
    bandwidthGBs: 768,
    clockMhz: 1800,
    powerW: 300,
    source: 'NVIDIA RTX A6000 datasheet; clock: NVIDIA Ampere GA102 GPU Architecture whitepaper V2, 2021',
  },
  {
    name: 'RTX A5000',
    pciIds: ['10de:2231'],
    memoryMib: 24564,
    cores: 8192,
    fp32Tflops: 27.8,
    bandwidthGBs: 768,
    clockMhz: 1695,
    powerW: 230,
    source: 'NVIDIA RTX A5000 datasheet, 2021; the clock is the one that gives its 27.8 TFLOPS',
  },
  {
    name: 'A40',
    pciIds: ['10de:2235'],
    memoryMib: 46068,
    cores: 10752,
    fp32Tflops: 37.4,
    bandwidthGBs: 696,
    clockMhz: 1740,
    powerW: 300,
    source: 'NVIDIA A40 datasheet; clock: NVIDIA Ampere GA102 GPU Architecture whitepaper V2, 2021',
  },
  {
    name: 'A10',
    pciIds: ['10de:2236'],
    memoryMib: 23028,
    cores: 9216,
    fp32Tflops: 31.2,
    bandwidthGBs: 600,
    clockMhz: 1695,
    powerW: 150,
    source: 'NVIDIA A10 datasheet, 2021; the clock is the one that gives its 31.2 TFLOPS',
  },
  {
    name: 'L40S',
    pciIds: ['10de:26b9'],
    memoryMib: 46068,
    cores: 18176,
    fp32Tflops: 91.6,
    bandwidthGBs: 864,
    clockMhz: 2520,
    powerW: 350,
    source: 'NVIDIA L40S datasheet, 2023; the clock is the one that gives its 91.6 TFLOPS',
  },
  {
    name: 'H100',
    pciIds: ['10de:2331'],
    memoryMib: 81559,
    cores: 14592,
    fp32Tflops: 51.2,
    bandwidthGBs: 2000,
    clockMhz: 1755,
    powerW: 350,
    source: 'NVIDIA H100 Tensor Core GPU Architecture whitepaper, 2022; clock: H100 PCIe product brief PB-11133-001',
  },
  {
    name: 'H100-SXM5',
    pciIds: ['10de:2330'],
    memoryMib: 81559,
    cores: 16896,
    fp32Tflops: 66.9,
    bandwidthGBs: 3350,
    clockMhz: 1980,
    powerW: 700,
    source: 'NVIDIA H100 datasheet, 2023, and H100 Tensor Core GPU Architecture whitepaper, 2022',
  },
  {
    name: 'H200',
    pciIds: ['10de:2335'],
    memoryMib: 143771,
    cores: 16896,
    fp32Tflops: 67,
    bandwidthGBs: 4800,
    clockMhz: 1980,
    powerW: 700,
    source: 'NVIDIA H200 datasheet, 2024 (SXM); cores and clock as the H100 SXM5, whose die it has',
  },
];

/** The entry of that name, written as in the catalogue. */
export function modelNamed(name: string): CatalogueEntry | undefined {
  return catalogue.find((entry) => entry.name === name);
}

/** The entry with that PCI vendor:device, such as `10de:2230`; upper and lower case are the same. */
export function modelByPciId(pciId: string): CatalogueEntry | undefined {
  const wanted = pciId.toLowerCase();
  return catalogue.find((entry) => entry.pciIds.includes(wanted));
}
