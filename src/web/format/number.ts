// How numbers are written: exact with separators where they are read, short where they are glanced at.

import type { ExactCount } from '../documents.ts';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const SHORT_FROM = 100_000;
const UNITS = [
  [1e12, ' T'],
  [1e9, ' G'],
  [1e6, ' M'],
  [1e3, ' k'],
] as const;

/** `1,234,567`; decimal text of any length keeps every digit. */
export function exact(value: ExactCount): string {
  return typeof value === 'number' ? whole.format(value) : whole.format(BigInt(value));
}

/** `812`, `9,431`, `1.24 M`: three digits that matter; the exact number belongs into the title. */
export function short(value: ExactCount): string {
  const number = Number(value);
  if (Math.abs(number) < SHORT_FROM) return whole.format(number);
  for (const [size, unit] of UNITS) if (Math.abs(number) >= size) return `${digits(number / size)}${unit}`;
  return whole.format(number);
}

/** Things a second: `0`, `0.4`, `12`, `1,840`, `124 k`. */
export function rate(perSecond: number): string {
  return perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : short(perSecond);
}

/** A share from 0 to 1: `0 %`, `0.3 %`, `12 %`; what is not all is never written as all, nor what is not nothing as nothing. */
export function percent(share: number): string {
  if (share === 0 || share === 1) return `${share * 100} %`;
  const value = share * 100;
  if (value < 0.1) return '< 0.1 %';
  if (value > 99.9) return '> 99.9 %';
  return `${value < 10 || value > 99 ? value.toFixed(1) : value.toFixed(0)} %`;
}

/** `1 task`, `2 tasks`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole.format(count)} ${count === 1 ? one : many}`;
}

function digits(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Bytes in powers of 1,000: `12.4 MB`. */
export function bytes(value: ExactCount): string {
  return `${short(value)}${Number(value) < SHORT_FROM ? ' ' : ''}B`;
}
