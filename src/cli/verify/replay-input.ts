// Reads the input topic from its start and folds each partition plainly up to a W; meanwhile it notes the events that
// must follow, and the copies of re-routed records that lie in the topic itself.

import type { Kafka } from 'kafkajs';
import type { FoldSettings } from '../../domain/fold-settings.ts';
import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import { readTopic } from '../../kafka/read-topic.ts';
import type { InputRecord } from '../../pipeline/ports.ts';
import {
  CONTROL_HEADER,
  ENGINE_INSTANCE_HEADER,
  REPLAYS_HEADER,
  TICK_HEADER,
  WORK_REQUEST_STATUS_HEADER,
} from '../../pipeline/source-header.ts';
import { headerText, headerValues, recordBytes, type SourceMark, sourceMark, traceOf } from './bytes.ts';
import { type ExpectedEvent, expectedEvent } from './expected-events.ts';
import { decodePlainly, type PlainWriter, plainSchemaId } from './plain-decode.ts';
import { PlainFold } from './plain-fold.ts';
import { growPlainly } from './plain-growth.ts';
import type { PlainRecord, PlainSource } from './plain-record.ts';
import type { PlainSchemas } from './plain-schemas.ts';

export interface ReplayedPartition {
  readonly origin: number;
  /** the life of the slot: verdicts of an earlier one do not count */
  readonly incarnation: string;
  /** at the origin */
  readonly settings: FoldSettings;
  /** it begins with what a growth makes of the era before, not with the log */
  readonly grown: boolean;
}

/** A time in which the input is folded over one number of partitions: up to the next growth, or to the present. */
export interface Era {
  readonly partitionCount: number;
  /** where each partition's fold begins, and its settings; a partition that is not there is not replayed */
  readonly partitions: ReadonlyMap<number, ReplayedPartition>;
}

export interface ReplayOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly verdictTopic: string;
  /** the consumer group whose fold it is */
  readonly group: string;
  readonly schemas: PlainSchemas;
  /** the oldest first; all but the last one have all of their partitions */
  readonly eras: readonly Era[];
  /** takes each event as the fold tells it */
  onEvent(event: ExpectedEvent): void;
  /** a record of the topic that is marked as re-routed, whether it is folded yet or not */
  onCopy(record: InputRecord, mark: SourceMark): void;
  /** a schema id that the registry does not know, though no verdict says so */
  onUnknownSchema(partition: number, offset: number, schemaId: number): void;
}

/** Offsets passed and to pass. */
export type OnProgress = (done: number, total: number) => void;

/** Records of one partition that are held because they lie behind its W. */
const BUFFER_RECORDS_MAX = 20_000;

export class InputReplay {
  readonly folds = new Map<number, PlainFold>();
  /** partition → where its fold begins, in the oldest era that it was there */
  readonly begins = new Map<number, number>();
  #marked = 0;
  #era: Era;
  readonly #options: ReplayOptions;
  /** partition → next offset to fold */
  readonly #positions = new Map<number, number>();
  /** partition → next offset that was not looked at for copies */
  readonly #looked = new Map<number, number>();
  /** partition → records that were read but not folded, in order; all up to `readTo` */
  readonly #buffers = new Map<number, InputRecord[]>();
  readonly #readTo = new Map<number, number>();
  readonly #writers = new Map<number, PlainWriter>();
  /** `<partition>/<offset>` of the records that the registry's verdict is about */
  readonly #verdicts = new Set<string>();

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#era = options.eras[0]!;
    for (const [partition, { origin }] of this.#era.partitions) this.#begin(partition, origin);
  }

  #begin(partition: number, origin: number): void {
    const { group } = this.#options;
    const { partitionCount, partitions } = this.#era;
    this.#positions.set(partition, origin);
    this.#readTo.set(partition, origin);
    this.#buffers.set(partition, []);
    if (!this.#looked.has(partition)) this.#looked.set(partition, origin);
    if (!this.begins.has(partition)) this.begins.set(partition, origin);
    this.folds.set(partition, new PlainFold(partition, partitionCount, partitions.get(partition)!.settings, group));
  }

  /** Folds all but the last era: each of them up to its cuts, and then through the growth. */
  async passEras(onProgress: OnProgress): Promise<void> {
    for (const next of this.#options.eras.slice(1)) {
      const cuts = [...next.partitions].sort(([a], [b]) => a - b).map(([, { origin }]) => origin);
      const before = [...this.#era.partitions.keys()].sort((a, b) => a - b);
      await this.advance(new Map(before.map((partition) => [partition, cuts[partition]!])), onProgress);
      const grown = growPlainly(
        before.map((partition) => this.folds.get(partition)!),
        cuts,
        this.#options.group,
      );
      this.#era = next;
      // Those of the life before say nothing about what this one folds.
      this.#verdicts.clear();
      for (const [partition, { origin, grown: isGrown }] of next.partitions) {
        if (!isGrown || !this.folds.has(partition)) this.#begin(partition, origin);
        if (isGrown) this.folds.set(partition, grown[partition]!);
      }
      await this.#readVerdicts();
    }
  }

  /** Records that were folded and are no copies, replays, ticks nor control records: what was published. */
  get published(): number {
    let received = 0;
    for (const { outcomes } of this.folds.values()) {
      for (const count of Object.values(outcomes)) received += count;
    }
    return received - this.#marked;
  }

  /** The next offset of the partition to fold. */
  position(partition: number): number {
    return this.#positions.get(partition)!;
  }

  /** Folds on to these W, from where the last call ended; reads on to the log's end where that is needed. */
  async advance(watermarks: ReadonlyMap<number, number>, onProgress: OnProgress = () => {}): Promise<void> {
    for (const [partition, watermark] of watermarks) await this.#foldBuffered(partition, watermark);
    const unread = [...watermarks].some(([partition, watermark]) => watermark > this.#readTo.get(partition)!);
    if (unread) await this.#read(watermarks, onProgress);
  }

  /** Reads on to the log's end, for copies that have come since. */
  async readOn(): Promise<void> {
    await this.#read(this.#positions, () => {});
  }

  async #foldBuffered(partition: number, watermark: number): Promise<void> {
    const buffer = this.#buffers.get(partition)!;
    const behind = buffer.findIndex(({ offset }) => offset >= watermark);
    await this.#foldAll(buffer.splice(0, behind < 0 ? buffer.length : behind));
    const readTo = this.#readTo.get(partition)!;
    this.#passed(partition, watermark, readTo);
  }

  async #read(watermarks: ReadonlyMap<number, number>, onProgress: OnProgress): Promise<void> {
    const { kafka, topic } = this.#options;
    const partitions = [...this.folds.keys()];
    // A verdict is written before W passes its record, so all that these W need are there by now.
    await this.#readVerdicts();
    const chunks = readTopic(kafka, {
      topic,
      partitions,
      from: new Map(this.#readTo),
      onProgress: ({ done, total }) => onProgress(done, total),
    });
    const stopped = new Set<number>();
    for await (const { partition, records, position } of chunks) {
      for (const record of records) this.#lookForCopy(record);
      if (stopped.has(partition)) continue;
      const watermark = watermarks.get(partition) ?? this.position(partition);
      await this.#foldAll(records.filter(({ offset }) => offset < watermark));
      const behind = records.filter(({ offset }) => offset >= watermark);
      const buffer = this.#buffers.get(partition)!;
      if (buffer.length + behind.length <= BUFFER_RECORDS_MAX) {
        buffer.push(...behind);
        this.#passed(partition, watermark, position);
      } else {
        // A log far ahead of W is read again later rather than held.
        stopped.add(partition);
        this.#passed(partition, watermark, watermark);
      }
    }
    // Nothing but transactions' markers is left up to W.
    for (const [partition, watermark] of watermarks) this.#passed(partition, watermark, watermark);
  }

  #passed(partition: number, watermark: number, readTo: number): void {
    this.#readTo.set(partition, Math.max(readTo, this.#readTo.get(partition)!));
    this.#positions.set(partition, Math.max(Math.min(watermark, readTo), this.position(partition)));
  }

  async #foldAll(records: readonly InputRecord[]): Promise<void> {
    await this.#loadWriters(records);
    for (const record of records) this.#fold(record, this.#contentOf(record));
  }

  async #loadWriters(records: readonly InputRecord[]): Promise<void> {
    for (const { value, partition, offset } of records) {
      const id = plainSchemaId(value);
      if (typeof id !== 'number') continue;
      const known = this.#writers.get(id);
      if (known === undefined) this.#writers.set(id, await this.#options.schemas.writer(id));
      if (this.#writers.get(id) !== 'denied' || this.#verdicts.has(`${partition}/${offset}`)) continue;
      // Denied a while ago, and folded by now: there must be a verdict, or the registry knows the id after all.
      await this.#readVerdicts();
      this.#writers.set(id, await this.#options.schemas.writer(id));
    }
  }

  #contentOf({ partition, offset, value }: InputRecord): PlainRecord['content'] {
    const id = plainSchemaId(value);
    if (typeof id === 'string') return { undecodable: id };
    if (this.#verdicts.has(`${partition}/${offset}`)) return { undecodable: 'unknown_schema' };
    const writer = this.#writers.get(id)!;
    if (writer === 'denied') this.#options.onUnknownSchema(partition, offset, id);
    return decodePlainly(value!, writer);
  }

  #fold(record: InputRecord, content: PlainRecord['content']): void {
    const { partition, offset, timestamp: log_time } = record;
    const source = this.#sourceOf(record);
    const size = recordBytes(record);
    const tick = headerValues(record.headers, TICK_HEADER).length > 0;
    const controls = headerValues(record.headers, CONTROL_HEADER);
    const work_request_status = headerText(record.headers, WORK_REQUEST_STATUS_HEADER);
    const engine_instance_id = headerText(record.headers, ENGINE_INSTANCE_HEADER);
    const verdict = this.folds.get(partition)!.fold({
      ...{ offset, log_time, size, source, content, tick },
      ...(controls.length === 0 ? {} : { control: controls.at(-1)?.toString('utf8') ?? null }),
      ...(work_request_status === undefined ? {} : { work_request_status }),
      ...(engine_instance_id === undefined ? {} : { engine_instance_id }),
      ...traceOf(record.headers),
    });
    // A tick or a control record is no copy of an update either: it has no outcome. A replay is a copy of what was
    // published before.
    const copy = source !== null || headerValues(record.headers, REPLAYS_HEADER).length > 0;
    if (copy && verdict.outcome !== null) this.#marked += 1;
    const update: TaskStatusDetail | null = 'update' in content ? content.update : null;
    for (const [at, event] of verdict.events.entries()) {
      this.#options.onEvent(expectedEvent(record, at + 1, source, event, update));
    }
  }

  /** The mark of a re-routed record: it names this topic, and another partition of it. */
  #sourceOf(record: InputRecord, { partitionCount } = this.#era): PlainSource | null {
    const mark = sourceMark(record.headers);
    if (mark === null || mark.topic !== this.#options.topic) return null;
    if (mark.partition === record.partition || mark.partition >= partitionCount) return null;
    return { partition: mark.partition, offset: mark.offset };
  }

  #lookForCopy(record: InputRecord): void {
    if (record.offset < this.#looked.get(record.partition)!) return;
    this.#looked.set(record.partition, record.offset + 1);
    // What lies behind a cut was re-routed by the eras after it.
    if (this.#sourceOf(record, this.#options.eras.at(-1)) !== null)
      this.#options.onCopy(record, sourceMark(record.headers)!);
  }

  async #readVerdicts(): Promise<void> {
    const { kafka, verdictTopic } = this.#options;
    for await (const { records } of readTopic(kafka, { topic: verdictTopic })) {
      for (const { value } of records) {
        const verdict = JSON.parse(value?.toString('utf8') ?? '{}') as Record<string, unknown>;
        const { partition, offset, incarnation } = verdict;
        if (incarnation !== this.#era.partitions.get(Number(partition))?.incarnation) continue;
        this.#verdicts.add(`${partition}/${offset}`);
      }
    }
  }
}
