// The truth file: whole under its name, or not there at all.

import { type FileHandle, open, rename, rm } from 'node:fs/promises';

const CHUNK_LENGTH = 1 << 18;

/** A file that takes its name only when it is finished. */
export class TruthFile {
  readonly #path: string;
  readonly #unfinished: string;
  readonly #handle: FileHandle;

  private constructor(path: string, unfinished: string, handle: FileHandle) {
    this.#path = path;
    this.#unfinished = unfinished;
    this.#handle = handle;
  }

  /** Opens it before the work begins, so that a folder which is missing or not ours shows at once. @throws from node:fs */
  static async open(path: string): Promise<TruthFile> {
    const unfinished = `${path}.unfinished`;
    return new TruthFile(path, unfinished, await open(unfinished, 'w'));
  }

  async write(lines: Iterable<string>): Promise<void> {
    let chunk = '';
    for (const line of lines) {
      chunk += `${line}\n`;
      if (chunk.length < CHUNK_LENGTH) continue;
      await this.#handle.write(chunk);
      chunk = '';
    }
    await this.#handle.write(chunk);
    await this.#handle.sync();
    await this.#handle.close();
    await rename(this.#unfinished, this.#path);
  }

  /** Leaves nothing behind; for a run that published nothing. */
  async discard(): Promise<void> {
    await this.#handle.close();
    await rm(this.#unfinished, { force: true });
  }
}
