// The types of the two packers that bring none.
declare module 'lz4js' {
  const lz4: {
    /** The most that so many bytes can take when packed. */
    compressBound(length: number): number;
    /** Packs a stretch into `into`; answers how many bytes that took, 0 where it does not get shorter. `hashes`: zeros. */
    compressBlock(from: Uint8Array, into: Uint8Array, start: number, length: number, hashes: Uint32Array): number;
  };
  export default lz4;
}
declare module 'snappyjs' {
  const snappy: { /** One bare block. */ compress(bytes: Uint8Array): Uint8Array };
  export default snappy;
}
