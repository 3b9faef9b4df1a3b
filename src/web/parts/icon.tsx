// The glyphs, drawn on a grid of 16. Each status and state has a shape of its own, so that colour is never all there is.

const PATHS = {
  // statuses
  scheduled: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3.2l2.2 1.4',
  pending: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11',
  queued: 'M3 4.5h10M3 8h10M3 11.5h6',
  running: 'M5 3.2 12.5 8 5 12.8z',
  complete: 'M3 8.6 6.4 12 13 4.6',
  failed: 'M4 4l8 8M12 4l-8 8',
  aborted: 'M4 4h8v8H4z',
  rejected: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M4.2 4.2l7.6 7.6',
  reprocessing: 'M12.8 6.2A5.2 5.2 0 1 0 13.2 9M13 2.6v3.8H9.2',
  unreported: 'M8 2.5a5.5 5.5 0 0 1 0 11 5.5 5.5 0 0 1 0-11M8 8v.01',
  // liveness
  reporting: 'M1.5 8h3l2-4.5 3 9 2-4.5h3',
  stalled: 'M5.5 3.5v9M10.5 3.5v9',
  silent: 'M2 8h12M8 2.5v2M8 11.5v2',
  unknown: 'M5.6 6a2.4 2.4 0 1 1 3.4 2.2c-.7.4-1 .8-1 1.6M8 12.4v.01',
  ended: 'M4 8h8',
  // the frame
  fleet: 'M2 13V8M6 13V3M10 13V6M14 13v-3',
  tasks: 'M2.5 4h11M2.5 8h11M2.5 12h7',
  jobs: 'M2.5 5.5h11v8h-11zM5.5 5.5v-3h5v3',
  engines:
    'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M12.6 3.4l-1.4 1.4M4.8 11.2l-1.4 1.4',
  processors: 'M4 4h8v8H4zM6.5 1.5V4M9.5 1.5V4M6.5 12v2.5M9.5 12v2.5M1.5 6.5H4M1.5 9.5H4M12 6.5h2.5M12 9.5h2.5',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.4 10.4l3.4 3.4',
  live: 'M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7',
  alert: 'M8 2.2 14.4 13.4H1.6zM8 6.4v3.2M8 11.4v.01',
  away: 'M2 2l12 12M5 9.4a4.4 4.4 0 0 1 2-1.2M3 6.8a7.6 7.6 0 0 1 2.4-1.5M8.4 4.5A7.6 7.6 0 0 1 13 6.8M8 12v.01',
  good: 'M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2M5.4 8.2 7.2 10l3.4-3.8',
  halted: 'M5.4 2.2h5.2l3.2 3.2v5.2l-3.2 3.2H5.4l-3.2-3.2V5.4zM8 5.2v3.6M8 10.8v.01',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M12.6 3.4l-1.1 1.1M4.5 11.5l-1.1 1.1',
  moon: 'M13.2 9.6A5.6 5.6 0 1 1 6.4 2.8a4.6 4.6 0 0 0 6.8 6.8',
  up: 'M8 12.5v-9M4 7.5l4-4 4 4',
  down: 'M8 3.5v9M4 8.5l4 4 4-4',
  close: 'M4 4l8 8M12 4l-8 8',
  back: 'M10 3 5 8l5 5',
} as const;

export type IconName = keyof typeof PATHS;

const FILLED: ReadonlySet<IconName> = new Set(['running', 'aborted', 'live']);

export function Icon({ name }: { name: IconName }) {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill={FILLED.has(name) ? 'currentColor' : 'none'}
        stroke="currentColor"
        stroke-width="1.6"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}

export function hasIcon(name: string): name is IconName {
  return name in PATHS;
}
