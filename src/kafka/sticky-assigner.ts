// Shares the partitions among the members so that each keeps what it has: a partition that moves must be claimed and
// its cache filled again. (kafkajs' own assigner deals them out anew, in the order of random member ids.)

import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';

export interface StickyMember {
  readonly memberId: string;
  /** what it has, as far as it knows */
  readonly owned: readonly number[];
  /** the group's generation in which it last heard so; of two members that claim one partition the later is right */
  readonly generation: number;
}

/** Shares as even as can be (they differ by one at most), with as few moves as that allows. Deterministic. */
export function assignStickily(members: readonly StickyMember[], partitions: readonly number[]): Map<string, number[]> {
  const ordered = [...members].sort((a, b) => b.generation - a.generation || (a.memberId < b.memberId ? -1 : 1));
  const shares = new Map<string, number[]>(ordered.map(({ memberId }) => [memberId, []]));
  const free = new Set(partitions);
  const least = Math.floor(partitions.length / members.length);
  let larger = partitions.length % members.length; // so many members may have one more
  for (const { memberId, owned } of ordered) {
    const share = shares.get(memberId)!;
    for (const partition of [...owned].sort((a, b) => a - b)) {
      if (!free.has(partition) || share.length > least || (share.length === least && larger === 0)) continue;
      if (share.length === least) larger--;
      share.push(partition);
      free.delete(partition);
    }
  }
  for (const partition of free) {
    const [share] = [...shares.values()].sort((a, b) => a.length - b.length);
    share!.push(partition);
  }
  return shares;
}

/** For kafkajs' consumer. `ownState` tells what this member has whenever it joins. */
export function stickyAssigner(ownState: () => Omit<StickyMember, 'memberId'>): PartitionAssigner {
  const { MemberMetadata, MemberAssignment } = AssignerProtocol;
  return ({ cluster }) => ({
    name: 'TaskfoldStickyAssigner',
    version: 0,
    protocol: ({ topics }) => ({
      name: 'TaskfoldStickyAssigner',
      metadata: MemberMetadata.encode({ version: 0, topics, userData: Buffer.from(JSON.stringify(ownState())) }),
    }),
    assign: async ({ members, topics }) => {
      const claims = members.map(({ memberId, memberMetadata }) => ({
        memberId,
        ...parseState(MemberMetadata.decode(memberMetadata)?.userData),
      }));
      // There is one topic: the input.
      const [topic] = topics as [string];
      const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
      return [
        ...assignStickily(
          claims,
          partitions.sort((a, b) => a - b),
        ),
      ].map(([memberId, share]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: 0,
          assignment: share.length === 0 ? {} : { [topic]: share },
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

// Another member wrote it: what cannot be read has nothing.
function parseState(bytes: Buffer | undefined): Omit<StickyMember, 'memberId'> {
  try {
    const { owned, generation } = JSON.parse(bytes?.toString('utf8') ?? '') as Record<string, unknown>;
    if (Array.isArray(owned) && owned.every(Number.isSafeInteger) && Number.isSafeInteger(generation)) {
      return { owned: owned as number[], generation: generation as number };
    }
  } catch {}
  return { owned: [], generation: -1 };
}
