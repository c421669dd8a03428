import { signal } from '../ui/signal.ts';
import type { Health } from './health.ts';

/** Live is what was last heard of the node. */
export interface Live {
  health?: Health;
  heard?: number; // when that came, by this machine's clock, Unix milliseconds
  /** connecting until something was heard; lost while nothing comes any more; denied if the node wants a password. */
  state: 'connecting' | 'live' | 'lost' | 'denied';
}

/** live changes with each event of the node's stream, and when the connection is lost. */
export const live = signal<Live>({ state: 'connecting' });

// A node sends every ten seconds at least. One that has been silent for longer than two of them is not there.
const silence = 25_000;
const look = 1000;
const again = 4000;

/** follow keeps a connection to the node for as long as the page is open. */
export function follow(): void {
  let source: EventSource | undefined;
  let opened = 0;
  const open = () => {
    source?.close();
    opened = Date.now();
    source = new EventSource('/v1/status/events');
    source.addEventListener('health', (e) => {
      live.value = { health: JSON.parse(e.data) as Health, heard: Date.now(), state: 'live' };
    });
    source.addEventListener('error', () => lose());
  };
  const lose = () => {
    const { state } = live.value;
    if (state === 'live' || state === 'connecting') {
      live.value = { ...live.value, state: 'lost' };
      void whyNot();
    }
  };
  // The browser tries again by itself after most errors, but not after an answer that is none, or where no end of the
  // connection is seen.
  setInterval(() => {
    if (live.value.state === 'denied') {
      return; // else the browser would ask for the password again and again
    }
    const now = Date.now();
    const last = Math.max(opened, live.value.heard ?? 0);
    if (now - last > silence) {
      lose();
      open();
    } else if (source?.readyState === EventSource.CLOSED && now - opened > again) {
      open();
    }
  }, look);
  open();
}

/** whyNot finds out whether the node is there and wants a password. */
async function whyNot(): Promise<void> {
  const status = await fetch('/v1/status', { cache: 'no-store' }).then(
    (answer) => answer.status,
    () => 0,
  );
  if ((status === 401 || status === 403) && live.value.state === 'lost') {
    live.value = { ...live.value, state: 'denied' };
  }
}
