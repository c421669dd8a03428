import { useEffect, useState } from 'preact/hooks';
import { useFormat } from '../node/format.ts';
import { useSignal } from '../ui/signal.ts';
import { live } from './live.ts';

/**
 * nodeNow is the time on the node's clock, Unix milliseconds. While nothing is heard of the node it stands still: what
 * is shown is how it was then.
 */
function nodeNow(): number {
  const { health, heard, state } = live.value;
  if (!health || heard === undefined) {
    return Date.now();
  }
  return Date.parse(health.time) + (state === 'live' ? Date.now() - heard : 0);
}

/** Clock tells how long ago a moment was, and how long there is until one, on the node's clock. */
export interface Clock {
  ago(at: string | undefined): string;
  until(at: string): string;
}

/** useClock is the clock, by which the component draws itself again each second. */
export function useClock(): Clock {
  const format = useFormat();
  const [, again] = useState(0);
  useSignal(live);
  useEffect(() => {
    const timer = setInterval(() => again((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const now = nodeNow();
  return {
    ago: (at) => format.span(at === undefined ? undefined : (now - Date.parse(at)) / 1000),
    until: (at) => format.span((Date.parse(at) - now) / 1000),
  };
}
