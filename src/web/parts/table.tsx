// A table of any length, of which only the rows in view are drawn. Rows have one height; the page itself scrolls. Arrow
// keys go from row to row, Enter opens the row's link; a screen reader gets rows and columns with their numbers.

import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

export interface Column<Row> {
  /** the class of its cells, and its name in the address where it can be sorted by */
  readonly name: string;
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly isNumber?: boolean;
  /** what the title means, on hover */
  readonly hint?: string;
}

export interface TableProps<Row> {
  readonly label: string;
  /** the class with the widths of the columns */
  readonly kind: string;
  readonly columns: readonly Column<Row>[];
  /** rows known so far */
  readonly length: number;
  /** more rows follow, their number not known here */
  readonly isOpen?: boolean;
  /** other rows are on their way */
  readonly isChanging?: boolean;
  /** undefined: not loaded yet */
  readonly row: (index: number) => Row | undefined;
  readonly keyOf: (row: Row) => string;
  readonly onLook?: (first: number, last: number) => void;
  readonly sort?:
    | {
        readonly by: string;
        readonly isDown: boolean;
        readonly set: (by: string) => void;
        /** names of columns */
        readonly can: ReadonlySet<string>;
      }
    | undefined;
}

const OVERSCAN = 6;
const ROW_PX = 40;

export function Table<Row>(props: TableProps<Row>) {
  const { columns, length, onLook } = props;
  const body = useRef<HTMLDivElement>(null);
  const [range, look] = useState<readonly [number, number]>([0, 30]);
  const rowPx = useRef(ROW_PX);

  useLayoutEffect(() => {
    let frame = 0;
    const measure = () => {
      frame = 0;
      const element = body.current;
      if (element === null) return;
      const above = -element.getBoundingClientRect().top;
      const first = Math.max(0, Math.floor(above / rowPx.current) - OVERSCAN);
      const last = Math.ceil((above + innerHeight) / rowPx.current) + OVERSCAN;
      look((before) => (before[0] === first && before[1] === last ? before : [first, Math.max(first, last)]));
    };
    // Asked for only where it may change: it makes the browser work out all styles.
    const resize = () => {
      const told = body.current && getComputedStyle(body.current).getPropertyValue('--row-px');
      rowPx.current = Number.parseFloat(told ?? '') || ROW_PX;
      measure();
    };
    const soon = () => {
      frame ||= requestAnimationFrame(measure);
    };
    resize();
    addEventListener('scroll', soon, { passive: true });
    addEventListener('resize', resize);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener('scroll', soon);
      removeEventListener('resize', resize);
    };
  }, []);

  const first = Math.min(range[0], Math.max(0, length - 1));
  const last = Math.min(range[1], length - 1);
  useEffect(() => onLook?.(first, range[1]), [onLook, first, range[1], length]);

  const shown = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  return (
    <div
      class={`table ${props.kind}`}
      role="table"
      aria-label={props.label}
      aria-rowcount={props.isOpen ? -1 : length + 1}
      aria-colcount={columns.length}
      aria-busy={props.isChanging ?? false}
    >
      <div role="rowgroup" class="table-head">
        <div role="row" aria-rowindex={1} class="table-row">
          {columns.map((column) => (
            <Heading key={column.name} column={column} sort={props.sort} />
          ))}
        </div>
      </div>
      <div
        role="rowgroup"
        ref={body}
        class="table-body"
        style={{ height: `${length * rowPx.current}px` }}
        onKeyDown={goAlong}
      >
        {shown.map((index) => {
          const row = props.row(index);
          const key = row === undefined ? `at ${index}` : props.keyOf(row);
          return <TableRow key={key} row={row} index={index} columns={columns} px={rowPx.current} />;
        })}
      </div>
    </div>
  );
}

interface TableRowProps<Row> {
  readonly row: Row | undefined;
  readonly index: number;
  readonly columns: readonly Column<Row>[];
  readonly px: number;
}

/** Drawn anew only where its row is another one: while one scrolls most of them stay. */
function TableRow<Row>({ row, index, columns, px }: TableRowProps<Row>) {
  return useMemo(
    () => (
      <div role="row" aria-rowindex={index + 2} class="table-row" style={{ transform: `translateY(${index * px}px)` }}>
        {columns.map(({ name, cell, isNumber }) => (
          <div role="cell" class={`cell ${name}${isNumber ? ' number' : ''}`} key={name}>
            {row === undefined ? <i class="unloaded" /> : cell(row)}
          </div>
        ))}
      </div>
    ),
    [row, index, columns, px],
  );
}

function Heading<Row>({ column, sort }: { column: Column<Row>; sort: TableProps<Row>['sort'] }) {
  const canSort = sort?.can.has(column.name) ?? false;
  const isSorted = canSort && sort?.by === column.name;
  return (
    <div
      role="columnheader"
      class={`cell ${column.name}${column.isNumber ? ' number' : ''}`}
      title={column.hint}
      {...(canSort ? { 'aria-sort': !isSorted ? 'none' : sort?.isDown ? 'descending' : 'ascending' } : {})}
    >
      {canSort ? (
        <button
          type="button"
          onClick={() => sort?.set(column.name)}
          data-sorted={isSorted ? (sort?.isDown ? 'down' : 'up') : undefined}
        >
          {column.title}
        </button>
      ) : (
        column.title
      )}
    </div>
  );
}

/** Up and down go to the link of the row before or behind. */
function goAlong(press: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step =
    press.key === 'ArrowDown' || press.key === 'j' ? 1 : press.key === 'ArrowUp' || press.key === 'k' ? -1 : 0;
  const row = (press.target as HTMLElement).closest('[role=row]');
  if (step === 0 || row === null || press.ctrlKey || press.metaKey || press.altKey) return;
  const at = Number(row.getAttribute('aria-rowindex')) + step;
  const next = press.currentTarget.querySelector(`[aria-rowindex="${at}"]`);
  const link = next?.querySelector<HTMLElement>('a, button');
  if (!link) return;
  press.preventDefault();
  link.focus();
}
