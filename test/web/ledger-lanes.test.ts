import { describe, expect, test } from 'vitest';
import type { ExplainedUpdate } from '../../src/web/documents.ts';
import { ledgerOf, summaryOf, ticksOf } from '../../src/web/format/ledger-lanes.ts';

let offset = 0;

function update(name: ExplainedUpdate['class'], prior: number, timestamp: number, work = 'w1'): ExplainedUpdate {
  const interval = { prior_timestamp: prior, timestamp, work_request_id: work };
  return { partition: 0, offset: offset++, class: name, ...interval, changed: [], emitted: [] };
}

describe('the ledger as lanes', () => {
  test('a reporter has a lane; time that no counted post reports is a gap', () => {
    const ledger = ledgerOf([update('first', 0, 5), update('gap', 10, 15), update('first', 2, 4, 'w2')])!;
    expect(ledger.lanes.map(({ work_request_id }) => work_request_id)).toEqual(['w1', 'w2']);
    expect(ledger.lanes[0]!.gaps).toEqual([{ from: 5, to: 10 }]);
    expect([ledger.from, ledger.to]).toEqual([0, 15]);
    expect(summaryOf(ledger)).toContain('1 gap (5 s that no post reports)');
  });

  test('a late post fills its gap', () => {
    const ledger = ledgerOf([update('first', 0, 5), update('gap', 10, 15), update('fill', 5, 10)])!;
    expect(ledger.lanes[0]!.gaps).toEqual([]);
    expect(summaryOf(ledger)).toContain('no gap');
  });

  test('what was dropped counts neither as coverage nor as overlap; what supersedes does not overlap', () => {
    const ledger = ledgerOf([update('first', 0, 5), update('duplicate', 0, 5), update('supersede', 0, 9)])!;
    expect(ledger.lanes[0]!.spans.map(({ kind, overlaps }) => [kind, overlaps])).toEqual([
      ['counted', false],
      ['dropped', false],
      ['counted', false],
    ]);
    expect(ledgerOf([update('first', 0, 5), update('ambiguous', 3, 8)])!.lanes[0]!.spans[1]).toMatchObject({
      kind: 'doubt',
      overlaps: true,
    });
  });

  test('updates without an interval, and rejected ones, are in no lane', () => {
    const { prior_timestamp: _, ...without } = update('unverified', 0, 5);
    expect(ledgerOf([without, update('rejected', 0, 5)])).toBeNull();
  });

  test('the axis has few, round moments', () => {
    expect(ticksOf(3, 58, 6)).toEqual([10, 20, 30, 40, 50]);
    expect(ticksOf(0, 1, 6)).toEqual([0, 1]);
    expect(ticksOf(0, 86_400 * 3, 6).length).toBeLessThanOrEqual(7);
  });
});
