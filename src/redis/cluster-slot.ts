// Places a slot's hash tag on the 16,384 slots of a Redis Cluster. On a single Redis the placing is without effect.

export const CLUSTER_SLOTS = 16_384;

/** Twelfths of the ring in the order in which partitions take them: any beginning of it lies spread out. */
const TWELFTHS = [0, 4, 8, 2, 6, 10, 1, 5, 9, 3, 7, 11];

/** CRC-16/XMODEM, which Redis Cluster takes modulo 16,384; `crc` continues an earlier text. ASCII only. */
export function crc16(text: string, crc = 0): number {
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i) << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}

/**
 * Where on the ring [0, 1) a partition wants to lie: a function of the partition alone, because a tag must never change
 * when another member sees another partition count. Twelve partitions (the default) divide the ring evenly, and so do
 * 3, 6, 24, 48, …; any other count is at most one or two partitions off even on 2 to 6 nodes.
 */
export function ringPosition(partition: number): number {
  let lap = Math.floor(partition / 12);
  let within = 0;
  for (let half = 0.5; lap > 0; half /= 2, lap >>= 1) if (lap & 1) within += half;
  return (TWELFTHS[partition % 12]! + within) / 12;
}

/** How far a tag may lie above the slot that it aims at; keeps the search for it short. */
const SLOTS_OFF_MAX = 8;

/**
 * The shortest base-36 suffix that puts `stem` + suffix onto the ring where `partition` belongs. Each group begins at a
 * slot of its own, so that the first partitions of many groups do not meet on one node.
 */
export function slotSuffix(groupStem: string, stem: string, partition: number): string {
  const aim = crc16(groupStem) + Math.floor(ringPosition(partition) * CLUSTER_SLOTS);
  const begun = crc16(stem);
  for (let n = 0; ; n++) {
    const suffix = n.toString(36);
    const off = (crc16(suffix, begun) - aim) & (CLUSTER_SLOTS - 1);
    if (off < SLOTS_OFF_MAX) return suffix;
  }
}
