// The frame of every view: where one can go, the search, whether what is shown is of now, and the view itself.

import { useEffect, useRef } from 'preact/hooks';
import { type Address, useAddress } from './address.ts';
import { counted } from './format/number.ts';
import { ago } from './format/time.ts';
import { connection } from './live/ask.ts';
import { useNow } from './live/clock.ts';
import { noticesOf } from './live/health.ts';
import { useValue } from './live/observable.ts';
import { partitions } from './live/overview.ts';
import { keepsOut } from './live/problem.ts';
import { Icon, type IconName } from './parts/icon.tsx';
import { Search } from './parts/search.tsx';
import { Empty } from './parts/states.tsx';
import { switchTheme, theme } from './theme.ts';
import { EngineView } from './views/engine.tsx';
import { EnginesView } from './views/engines.tsx';
import { FleetView } from './views/fleet.tsx';
import { JobView } from './views/job.tsx';
import { JobsView } from './views/jobs.tsx';
import { ProcessorsView } from './views/processors.tsx';
import { SignIn } from './views/sign-in.tsx';
import { TaskView } from './views/task.tsx';
import { TasksView } from './views/tasks.tsx';

const ROOMS: readonly { name: IconName; title: string; to: string; views: readonly string[] }[] = [
  { name: 'fleet', title: 'Fleet', to: '/', views: ['fleet'] },
  { name: 'tasks', title: 'Tasks', to: '/tasks', views: ['tasks', 'task'] },
  { name: 'jobs', title: 'Jobs', to: '/jobs', views: ['jobs', 'job'] },
  { name: 'engines', title: 'Engines', to: '/engines', views: ['engines', 'engine'] },
  { name: 'processors', title: 'Processors', to: '/processors', views: ['processors'] },
];

export function Frame() {
  const address = useAddress();
  const told = useValue(connection);
  const { state, problem } = told;
  const isKeptOut = keepsOut(told);
  const main = useRef<HTMLElement>(null);
  const shown = `${address.view}/${address.id}`;
  const before = useRef(shown);

  useEffect(() => {
    document.title = titleOf(address);
    // Where the view changes under the keyboard, reading goes on at its top.
    if (before.current !== shown) main.current?.focus({ preventScroll: true });
    before.current = shown;
  }, [shown]);

  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="bar">
        <a class="brand" href="/" aria-label="Taskfold: the fleet">
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M3 5h18l-6 7H3z" fill="var(--accent)" />
            <path d="M3 12h12l6 7H3z" fill="var(--accent)" opacity="0.5" />
          </svg>
          <span>Taskfold</span>
        </a>
        <nav class="rooms" aria-label="Views">
          <ul>
            {ROOMS.map(({ name, title, to, views }) => (
              <li key={name}>
                <a href={to} aria-current={views.includes(address.view) ? 'page' : undefined}>
                  <Icon name={name} />
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <Search />
        <Pulse />
        <ThemeSwitch />
      </header>
      <Notices />
      <main id="main" ref={main} tabIndex={-1} data-stale={state === 'away' ? '' : undefined}>
        {isKeptOut && problem !== undefined ? <SignIn problem={problem} /> : <View {...address} />}
      </main>
    </>
  );
}

function View({ view, id }: Address) {
  switch (view) {
    case 'fleet':
      return <FleetView />;
    case 'tasks':
      return <TasksView />;
    case 'task':
      return <TaskView key={id} id={id} />;
    case 'jobs':
      return <JobsView />;
    case 'job':
      return <JobView key={id} id={id} />;
    case 'engines':
      return <EnginesView />;
    case 'engine':
      return <EngineView key={id} id={id} />;
    case 'processors':
      return <ProcessorsView />;
    case 'unknown':
      return (
        <>
          <div class="head">
            <h1>There is no such page</h1>
          </div>
          <Empty title="The address names no view">
            <a href="/">Go to the fleet</a>
          </Empty>
        </>
      );
  }
}

/** Whether what is shown is of now, in a word that is always in its place. */
function Pulse() {
  const told = useValue(connection);
  const { state, answered_at, problem } = told;
  const slots = useValue(partitions);
  const now = useNow();
  const bad = noticesOf({ state, answered_at }, slots, now).length > 0;
  if (state === 'connecting') return <PulseText tone="warn" icon="live" text="Connecting" />;
  if (problem?.kind === 'issuer_away') return <PulseText tone="bad" icon="away" text="Issuer away" />;
  if (keepsOut(told)) return <PulseText tone="warn" icon="away" text="Not signed in" />;
  if (state === 'away')
    return (
      <PulseText tone="bad" icon="away" text={answered_at === 0 ? 'No answer' : `Away · ${ago(now - answered_at)}`} />
    );
  return <PulseText tone={bad ? 'warn' : 'good'} icon={bad ? 'alert' : 'live'} text={bad ? 'Live, in part' : 'Live'} />;
}

function PulseText({ tone, icon, text }: { tone: string; icon: IconName; text: string }) {
  return (
    <div class="pulse" data-tone={tone}>
      <Icon name={icon} />
      <span>{text}</span>
    </div>
  );
}

function Notices() {
  const told = useValue(connection);
  const slots = useValue(partitions);
  const now = useNow();
  const notices = keepsOut(told) ? [] : noticesOf(told, slots, now);
  const [first, ...more] = notices;
  return (
    <div class="notices" role="status">
      {first !== undefined && (
        <div class="notice" data-tone={first.tone}>
          <Icon name={first.tone === 'bad' ? 'halted' : 'alert'} />
          <span>{first.text}</span>
          {first.age !== '' && <span aria-hidden="true">· {first.age}</span>}
          {more.length > 0 && <span>· {counted(more.length, 'more notice')}</span>}
          {first.to !== undefined && <a href={first.to}>What to do</a>}
        </div>
      )}
    </div>
  );
}

function ThemeSwitch() {
  const chosen = useValue(theme);
  const label = chosen === 'dark' ? 'Switch to light' : 'Switch to dark';
  return (
    <button type="button" class="icon-button" onClick={switchTheme} aria-label={label} title={label}>
      <Icon name={chosen === 'dark' ? 'sun' : 'moon'} />
    </button>
  );
}

function titleOf({ view, id }: Address): string {
  if (view === 'fleet') return 'Taskfold';
  const name = view === 'unknown' ? 'No such page' : view[0]!.toUpperCase() + view.slice(1);
  return `${name}${id === '' ? '' : ` ${id}`} · Taskfold`;
}
