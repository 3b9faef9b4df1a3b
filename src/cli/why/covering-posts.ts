// Which offset counted what a dropped update says again. The ledger remembers posts without their offsets, and few of
// them; here all counted posts of one task are kept, by reporter and prior_timestamp.

import type { SourceCoordinates } from '../../domain/notice.ts';
import { covers, type Post, sameContent } from '../../domain/post.ts';

interface CountedPost {
  readonly post: Post;
  readonly offset: number;
}

export class CoveringPosts {
  /** `[work_request_id, prior]` → counted posts, in order */
  readonly #counted = new Map<string, CountedPost[]>();
  /** first coordinates of a re-routed record → where its first copy lies */
  readonly #copies = new Map<string, number>();

  /** An applied post. */
  count(work_request_id: string, post: Post, offset: number): void {
    const key = keyOf(work_request_id, post);
    const counted = this.#counted.get(key);
    if (counted === undefined) this.#counted.set(key, [{ post, offset }]);
    else counted.push({ post, offset });
  }

  /**
   * The offset of the post that counted what this one says: the one that says the same, else the first that covers it,
   * else the latest of its prior. Null: no post of its prior was counted.
   */
  of(work_request_id: string, post: Post): number | null {
    const counted = this.#counted.get(keyOf(work_request_id, post)) ?? [];
    const same = counted.find((one) => sameContent(one.post, post));
    const covering = same ?? counted.find((one) => covers(one.post, post)) ?? counted.at(-1);
    return covering?.offset ?? null;
  }

  /** The latest counted post of the same prior: the one that a superseding post goes beyond. */
  latest(work_request_id: string, post: Post): number | null {
    return this.#counted.get(keyOf(work_request_id, post))?.at(-1)?.offset ?? null;
  }

  /** Takes a re-routed record; answers where its first copy lies, or null: this is the first. */
  takeCopy({ partition, offset }: SourceCoordinates, at: number): number | null {
    const key = `${partition}/${offset}`;
    const first = this.#copies.get(key) ?? null;
    if (first === null) this.#copies.set(key, at);
    return first;
  }
}

function keyOf(work_request_id: string, { prior }: Post): string {
  return JSON.stringify([work_request_id, prior]);
}
