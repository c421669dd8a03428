import { useEffect, useState } from 'preact/hooks';

/** A Signal is a value that pages show and that tells when it changes. */
export interface Signal<T> {
  value: T;
  /** subscribe calls after each change, until what it returns is called. */
  subscribe(changed: () => void): () => void;
}

/** signal makes one. */
export function signal<T>(first: T): Signal<T> {
  let now = first;
  const all = new Set<() => void>();
  return {
    get value() {
      return now;
    },
    set value(next: T) {
      if (next !== now) {
        now = next;
        for (const changed of [...all]) {
          changed();
        }
      }
    },
    subscribe(changed) {
      all.add(changed);
      return () => all.delete(changed);
    },
  };
}

/** useSignal returns the value and draws the component again when it changes. */
export function useSignal<T>(s: Signal<T>): T {
  const [, again] = useState(0);
  const drawn = s.value;
  useEffect(() => {
    const changed = () => again((n) => n + 1);
    if (s.value !== drawn) {
      changed(); // between drawing and this
    }
    return s.subscribe(changed);
  }, [s]);
  return drawn;
}
