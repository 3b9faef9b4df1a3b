// Undoes the packing of scripts' answers: one msgpack text costs a fraction of thousands of small replies.

import { Unpackr } from 'msgpackr';

const unpackr = new Unpackr({ useRecords: false });

/** What read-tasks.lua answers: W as it stands in Redis, and a reply for each key, absent strings as false. */
export interface PackedReply {
  readonly watermark: string | null;
  readonly replies: readonly (readonly string[] | string | false)[];
}

/** @param packed what cmsgpack.pack has made of an `Answer` */
export function unpack<Answer>(packed: Buffer): Answer {
  return unpackr.unpack(packed) as Answer;
}

export function unpackReplies(reply: unknown): PackedReply {
  const [watermark, packed] = reply as [Buffer | null, Buffer];
  return { watermark: watermark?.toString() ?? null, replies: unpack(packed) };
}
