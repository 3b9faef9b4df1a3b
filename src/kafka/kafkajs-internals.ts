// The one place that reaches behind kafkajs' public face (2.2.4, pinned; test/kafka holds every use against it).
// Its consumer shows records of aborted transactions when several producers' transactions overlap, hides what it
// skipped, and resets the group's offset on its own; so this room asks brokers itself, over kafkajs' connections.

import { createRequire } from 'node:module';
import type { Kafka } from 'kafkajs';
import { encodeRecord } from './record-encoder.ts';

/** A request with the decoding of its answer, in the form that kafkajs' connections send. */
export interface WireRequest<Answer> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    encode(): Promise<WirePayload>;
  };
  readonly response: {
    decode(bytes: Buffer): Promise<Answer>;
    parse(answer: Answer): Promise<Answer>;
  };
  /** ms; never shortens the connection's own */
  readonly requestTimeout?: number;
}

/** The shape that kafkajs' request framing expects of an encoded body. */
export interface WirePayload {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

export interface WireBroker {
  readonly connectionPool: { send<Answer>(request: WireRequest<Answer>): Promise<Answer> };
}

export interface WirePartition {
  readonly partitionId: number;
  /** node id; -1: none */
  readonly leader: number;
}

export interface WireCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly WirePartition[];
  findBroker(node: { nodeId: number }): Promise<WireBroker>;
  findGroupCoordinator(group: { groupId: string }): Promise<WireBroker>;
}

type CreateCluster = (options: {
  metadataMaxAge: number;
  allowAutoTopicCreation: boolean;
  maxInFlightRequests: number | null;
}) => WireCluster;

const CREATE_CLUSTER = 'private:Kafka:createCluster';
/** ms; kafkajs' own default. Leaders are looked up again whenever a broker says that it is not the leader. */
const METADATA_AGE_MS_MAX = 300_000;

/** A cluster client of its own connections, with the settings of `kafka`. */
export function createCluster(kafka: Kafka): WireCluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === CREATE_CLUSTER);
  if (symbol === undefined) throw new Error('this is not kafkajs 2.2.4: a Kafka object has no createCluster');
  const create = Reflect.get(kafka, symbol) as CreateCluster;
  return create({ metadataMaxAge: METADATA_AGE_MS_MAX, allowAutoTopicCreation: false, maxInFlightRequests: null });
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

/**
 * After every answer kafkajs starts a timer that has nothing to do (and, from Node 24 on, a negative delay, which
 * prints a warning). This leaves the timer out while no request is queued; queueing one starts it as before.
 */
export function mendRequestQueue(): void {
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue & { mended?: true } };
  if (prototype.mended) return;
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
  prototype.mended = true;
}

/** kafkajs asks for its record encoder when it sends for the first time; from here on it gets ours (record-encoder.ts). */
export function mendRecordEncoder(): void {
  const require = createRequire(import.meta.url);
  const path = 'kafkajs/src/protocol/recordBatch/record/v0';
  require(path);
  require.cache[require.resolve(path)]!.exports = encodeRecord;
}
