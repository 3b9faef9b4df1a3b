// What narrows a list: chips for the words of the contract, fields for ids. All of it lies in the address.

import { useEffect, useState } from 'preact/hooks';
import { short } from '../format/number.ts';
import { Icon } from './icon.tsx';
import { Status } from './status.tsx';

interface ChipsProps {
  readonly label: string;
  readonly names: readonly string[];
  /** how many there are now, where it is known */
  readonly counts: Readonly<Record<string, number | undefined>> | undefined;
  readonly chosen: string | undefined;
  readonly choose: (name: string | undefined) => void;
}

/** One of a few; pressing it once more takes it back. */
export function Chips({ label, names, counts, chosen, choose }: ChipsProps) {
  return (
    <fieldset class="chips" aria-label={label}>
      {names.map((name) => (
        <button
          key={name}
          type="button"
          class="chip"
          aria-pressed={chosen === name}
          onClick={() => choose(chosen === name ? undefined : name)}
        >
          <Status status={name} />
          {counts !== undefined && <b>{short(counts[name] ?? 0)}</b>}
        </button>
      ))}
    </fieldset>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly names: readonly string[];
  readonly chosen: string | undefined;
  readonly choose: (name: string | undefined) => void;
}

export function Choice({ label, names, chosen, choose }: ChoiceProps) {
  return (
    <label class="field">
      {label}
      <select value={chosen ?? ''} onChange={(event) => choose(event.currentTarget.value || undefined)}>
        <option value="">any</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name.replaceAll('_', ' ')}
          </option>
        ))}
      </select>
    </label>
  );
}

const TYPING_MS = 250;

export function IdField({
  label,
  value,
  set,
}: {
  label: string;
  value: string | undefined;
  set: (id: string | undefined) => void;
}) {
  const [typed, type] = useState(value ?? '');
  useEffect(() => type(value ?? ''), [value]);
  useEffect(() => {
    if (typed.trim() === (value ?? '')) return;
    const timer = setTimeout(() => set(typed.trim() || undefined), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <label class="field">
      {label}
      <input
        type="text"
        spellcheck={false}
        autoComplete="off"
        placeholder="any"
        value={typed}
        onInput={(event) => type(event.currentTarget.value)}
      />
      {typed !== '' && (
        <button
          type="button"
          class="copy"
          aria-label={`Any ${label.toLowerCase()}`}
          onClick={() => {
            type('');
            set(undefined);
          }}
        >
          <Icon name="close" />
        </button>
      )}
    </label>
  );
}
