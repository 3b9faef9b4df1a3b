// Paste any id: of a task, a job, an engine or a work request. `/` leads here from anywhere.

import { useEffect, useRef, useState } from 'preact/hooks';
import { goTo } from '../address.ts';
import { type Found, type Hit, useSearch } from '../live/search.ts';
import { Icon } from './icon.tsx';
import { Id } from './text.tsx';

const TYPING_MS = 180;

export function Search() {
  const [typed, type] = useState('');
  const [asked, askFor] = useState('');
  const [isOpen, open] = useState(false);
  const [active, activate] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const wanted = typed.trim();

  useEffect(() => {
    const timer = setTimeout(() => askFor(wanted), TYPING_MS);
    return () => clearTimeout(timer);
  }, [wanted]);

  useEffect(() => {
    const focus = (press: KeyboardEvent) => {
      const inField = (press.target as HTMLElement).closest?.('input, textarea, select') !== null;
      if (press.key !== '/' || inField || press.ctrlKey || press.metaKey || press.altKey) return;
      press.preventDefault();
      input.current?.select();
    };
    addEventListener('keydown', focus);
    return () => removeEventListener('keydown', focus);
  }, []);

  const found = useSearch(isOpen ? asked : '');
  const hits = found?.hits ?? [];
  const isShown = isOpen && wanted !== '';

  function close() {
    open(false);
    activate(0);
  }

  function follow(hit: Hit) {
    close();
    type('');
    input.current?.blur();
    goTo(hit.to);
  }

  function onKey(press: KeyboardEvent) {
    if (press.key === 'Escape') close();
    if (press.key === 'ArrowDown') activate(Math.min(active + 1, hits.length - 1));
    if (press.key === 'ArrowUp') activate(Math.max(active - 1, 0));
    if (press.key === 'ArrowDown' || press.key === 'ArrowUp') press.preventDefault();
    const hit = hits[active];
    if (press.key === 'Enter' && hit !== undefined) follow(hit);
  }

  return (
    <search
      class="search"
      onFocusOut={(event: FocusEvent & { currentTarget: HTMLElement }) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) close();
      }}
    >
      <Icon name="search" />
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label="Find a task, job, engine or work request by its id"
        aria-expanded={isShown}
        aria-controls="found"
        aria-autocomplete="list"
        aria-activedescendant={isShown && hits.length > 0 ? `found-${active}` : undefined}
        placeholder="Find any id"
        autoComplete="off"
        spellcheck={false}
        value={typed}
        onInput={(event) => {
          type(event.currentTarget.value);
          open(true);
          activate(0);
        }}
        onFocus={() => open(true)}
        onKeyDown={onKey}
      />
      <span class="key">/</span>
      {isShown && (
        <div class="found" id="found" role="listbox" aria-label="Found">
          {hits.map((hit, at) => (
            <a
              key={hit.to}
              id={`found-${at}`}
              role="option"
              aria-label={`${hit.kind} ${hit.id}`}
              aria-selected={at === active}
              tabIndex={-1}
              href={hit.to}
              data-active={at === active ? '' : undefined}
              onClick={(click) => {
                click.preventDefault();
                follow(hit);
              }}
            >
              <span>{hit.kind}</span>
              <Id id={hit.id} />
            </a>
          ))}
          {hits.length === 0 && (
            <div role="option" class="none" aria-selected={false} aria-disabled="true" tabIndex={-1}>
              {wordFor(asked === wanted ? found : undefined)}
            </div>
          )}
        </div>
      )}
    </search>
  );
}

function wordFor(found: Found | undefined): string {
  if (found === undefined) return 'Looking…';
  return found.problem?.title ?? 'Nothing has this id';
}
