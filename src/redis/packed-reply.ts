// Undoes the packing of read-tasks.lua: one msgpack text costs a fraction of thousands of small replies.

import { Unpackr } from 'msgpackr';

const unpackr = new Unpackr({ useRecords: false });

/** What read-tasks.lua answers: W as it stands in Redis, and a reply for each key, absent strings as false. */
export interface PackedReply {
  readonly watermark: string | null;
  readonly replies: readonly (readonly string[] | string | false)[];
}

export function unpackReplies(reply: unknown): PackedReply {
  const [watermark, packed] = reply as [Buffer | null, Buffer];
  return { watermark: watermark?.toString() ?? null, replies: unpackr.unpack(packed) as PackedReply['replies'] };
}
