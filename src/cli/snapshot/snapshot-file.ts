// One file of a snapshot: a slot at one W, as JSON lines in gzip (docs/snapshots.md). The first line says what it is, the last one
// how many there are and their SHA-256, so a file that was cut or changed is told before anything is done with it.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createGzip } from 'node:zlib';
import { KEY_TYPES, type SlotPiece } from '../../redis/copy-slot.ts';
import { LAYOUT_VERSION } from '../../redis/slot-keys.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';

export const SNAPSHOT_VERSION = 1;

/** The first line. */
export interface SnapshotHeader {
  readonly kind: 'snapshot';
  readonly version: number;
  /** of the keys and fields in Redis */
  readonly layout: string;
  readonly topic: string;
  readonly group: string;
  readonly partition: number;
  readonly partition_count: number;
  readonly incarnation: string;
  readonly fold_version: number;
  /** W */
  readonly watermark: number;
  /** C when it was taken; null: none was committed */
  readonly emitted: number | null;
  readonly tasks: number;
  /** RFC 3339, by the clock of the machine that took it */
  readonly taken_at: string;
}

const NAME = /^partition-(\d+)\.jsonl\.gz$/;

export function snapshotName(partition: number): string {
  return `partition-${partition}.jsonl.gz`;
}

/** The files of a folder, by partition. @throws CommandFailure where there is no such folder, or nothing in it */
export async function findSnapshots(folder: string): Promise<ReadonlyMap<number, string>> {
  const names = await readdir(folder).catch((error: Error) => {
    throw new CommandFailure(`${folder} cannot be read: ${error.message}`, EXIT.usage);
  });
  const found = names.flatMap((name) => {
    const partition = NAME.exec(name)?.[1];
    return partition === undefined ? [] : [[Number(partition), join(folder, name)] as const];
  });
  if (found.length > 0) return new Map(found.sort(([a], [b]) => a - b));
  throw new CommandFailure(`there is no snapshot in ${folder}`, EXIT.usage, 'taskfold snapshot save DIR makes one');
}

/**
 * Writes a file beside its final name and moves it there when it is whole and on the disk.
 * @param header from what the pieces begin with
 * @returns the header, and the file's size in bytes
 */
export async function writeSnapshot(
  path: string,
  pieces: AsyncIterable<readonly SlotPiece[]>,
  header: (first: readonly SlotPiece[]) => SnapshotHeader,
): Promise<{ header: SnapshotHeader; bytes: number }> {
  const partial = `${path}.partial`;
  const sum = createHash('sha256');
  let written: SnapshotHeader | undefined;
  let count = 0;
  async function* lines() {
    const lineOf = (value: object) => {
      const line = `${JSON.stringify(value)}\n`;
      sum.update(line);
      return line;
    };
    for await (const some of pieces) {
      let text = '';
      if (written === undefined) {
        written = header(some);
        text = lineOf(written);
      }
      for (const piece of some) text += lineOf(piece);
      count += some.length;
      if (text !== '') yield text;
    }
    yield `${JSON.stringify({ kind: 'end', pieces: count, sha256: sum.digest('hex') })}\n`;
  }
  // The slot stands still meanwhile, so the fastest level.
  await pipeline(lines, createGzip({ level: constants.Z_BEST_SPEED }), createWriteStream(partial));
  const file = await open(partial, 'r+');
  await file.sync().finally(() => file.close());
  await rename(partial, path);
  return { header: written!, bytes: (await stat(path)).size };
}

/** Reads a file from its beginning. @throws CommandFailure where it is not whole, or none of ours */
export async function* readSnapshot(path: string): AsyncGenerator<SnapshotHeader | SlotPiece, void, undefined> {
  const sum = createHash('sha256');
  let [number, pieces, ended] = [0, 0, false];
  try {
    for await (const line of linesOf(path)) {
      number += 1;
      if (ended) throw new Error('there is something behind its end');
      const read = JSON.parse(line) as { readonly [field: string]: unknown };
      if (number === 1) yield headerOf(read);
      else if (read.kind === 'end') {
        ended = true;
        if (read.pieces !== pieces) throw new Error(`it has ${pieces} pieces, and says ${read.pieces}`);
        if (read.sha256 !== sum.digest('hex')) throw new Error('its contents were changed: the SHA-256 differs');
      } else {
        pieces += 1;
        yield pieceOf(read);
      }
      if (!ended) sum.update(`${line}\n`);
    }
    if (!ended) throw new Error('its end is missing');
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(`${path}, line ${number}: ${reason}`, EXIT.failed, 'take another snapshot');
  }
}

// Not readline: it loses errors of what it reads from.
async function* linesOf(path: string): AsyncGenerator<string, void, undefined> {
  const unzipped = createGunzip();
  // What it fails with comes out of the iteration below.
  pipeline(createReadStream(path), unzipped).catch(() => {});
  let rest = '';
  for await (const chunk of unzipped.setEncoding('utf8')) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest !== '') yield rest;
}

/** Reads the whole file; answers its header, and the head of the slot, field and value alternating. @throws as readSnapshot */
export async function checkSnapshot(path: string): Promise<{ header: SnapshotHeader; head: readonly string[] }> {
  let header: SnapshotHeader | undefined;
  let head: readonly string[] = [];
  for await (const line of readSnapshot(path)) {
    if ('kind' in line) header = line;
    else if (line.key === 'head') head = [...head, ...line.values];
  }
  return { header: header!, head };
}

/** The pieces alone. @throws as readSnapshot, at the end too */
export async function* piecesOf(path: string): AsyncGenerator<SlotPiece, void, undefined> {
  for await (const line of readSnapshot(path)) if (!('kind' in line)) yield line;
}

function headerOf(read: { readonly [field: string]: unknown }): SnapshotHeader {
  if (read.kind !== 'snapshot') throw new Error('this is no snapshot of Taskfold');
  if (read.version !== SNAPSHOT_VERSION) {
    throw new Error(`it is of version ${read.version}, and this Taskfold reads version ${SNAPSHOT_VERSION}`);
  }
  if (read.layout !== LAYOUT_VERSION) {
    throw new Error(`its keys are of layout ${read.layout}, and this Taskfold has layout ${LAYOUT_VERSION}`);
  }
  return read as unknown as SnapshotHeader;
}

function pieceOf(read: { readonly [field: string]: unknown }): SlotPiece {
  const { key, type, values, id } = read;
  const isPiece =
    typeof key === 'string' &&
    (KEY_TYPES as readonly unknown[]).includes(type) &&
    Array.isArray(values) &&
    values.every((value) => typeof value === 'string') &&
    (type === 'stream' ? typeof id === 'string' : id === undefined);
  if (!isPiece) throw new Error('it is no key of a slot');
  return read as unknown as SlotPiece;
}
