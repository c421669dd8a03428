import { useFormat } from '../node/format.ts';
import { Tag, type Tone } from '../ui/parts.tsx';
import { useWords } from '../ui/words.ts';
import type { Chain, Server } from './health.ts';
import { useClock } from './now.ts';
import { words } from './words.ts';

/** Servers are those that are asked about a chain, with what goes wrong with them. */
export function Servers(props: { chain: Chain }) {
  const say = useWords(words);
  const { servers, beacon } = props.chain;
  const clock = useClock();
  return (
    <>
      <h3>{say.servers}</h3>
      <ul class="servers">
        {servers.map((s) => (
          <ServerRow key={s.server} of={s} />
        ))}
      </ul>
      {beacon && (
        <>
          <h3>{say.beacons}</h3>
          {beacon.finalized && <p class="small quiet">{say.finalAt(clock.ago(beacon.finalized))}</p>}
          <ul class="servers">
            {beacon.servers.map((s) => (
              <li key={s.server} data-beacon={s.server}>
                <bdi class="name">{s.server}</bdi>{' '}
                <Tag tone={s.error ? 'bad' : s.answeredAt ? 'good' : undefined}>
                  {s.error ? say.failing : s.answeredAt ? say.works : say.noAnswer}
                </Tag>
                {s.error && <Trouble text={s.error} />}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

const serverStates = [
  'ok',
  'unused',
  'failing',
  'lagging',
  'lying',
  'disagrees',
  'rate limited',
  'wrong chain',
] as const;

function ServerRow(props: { of: Server }) {
  const say = useWords(words);
  const format = useFormat();
  const clock = useClock();
  const s = props.of;
  const state = serverStates.find((known) => known === s.state);
  const tone: Tone | undefined = s.state === 'ok' ? 'good' : s.state === 'unused' ? undefined : 'bad';
  const facts = [
    ...(s.inUse ? [say.inUse] : []),
    ...(s.latency > 0 ? [`${say.answers} ${format.count(Math.round(s.latency * 1000))} ms`] : []),
    `${say.failed}: ${format.count(s.failed)} / ${format.count(s.requests)}`,
  ];
  return (
    <li data-server={s.server}>
      <bdi class="name">{s.server}</bdi> <Tag tone={tone}>{state ? say[state] : s.state}</Tag>
      <span class="note">{facts.join(' · ')}</span>
      {s.detail && <Trouble text={s.detail} />}
      {s.error && <Trouble text={s.error} when={clock.ago(s.errorAt)} />}
    </li>
  );
}

function Trouble(props: { text: string; when?: string }) {
  const say = useWords(words);
  return (
    <span class="note">
      {props.when && `${say.error} (${props.when}): `}
      <bdi lang="en">{props.text}</bdi>
    </span>
  );
}
