import '../ui/base.css';
import '../node/node.css';
import './ops.css';
import { useFormat } from '../node/format.ts';
import { Frame } from '../ui/frame.tsx';
import { mount } from '../ui/mount.tsx';
import { Card, Facts } from '../ui/parts.tsx';
import { useSignal } from '../ui/signal.ts';
import { useWords } from '../ui/words.ts';
import { Batches } from './batches.tsx';
import { ChainCard } from './chain.tsx';
import { FaultList } from './faultlist.tsx';
import type { Health } from './health.ts';
import { follow, live } from './live.ts';
import { Pipeline } from './pipeline.tsx';
import { words } from './words.ts';

/** Ops is the operator's page. */
function Ops() {
  const say = useWords(words);
  const { health, state } = useSignal(live);
  return (
    <Frame title={say.title} wide>
      <h1>{say.title}</h1>
      <Connection />
      {health && (
        <div class={state === 'live' ? 'stack' : 'stack old'}>
          <FaultList faults={health.faults} several={health.chains.length > 1} />
          <Pipeline health={health} />
          <Batches health={health} />
          {health.chains.map((chain) => (
            <ChainCard key={chain.home} chain={chain} />
          ))}
          <DiskCard health={health} />
        </div>
      )}
    </Frame>
  );
}

/** Connection says whether what is shown is how it is now. */
function Connection() {
  const say = useWords(words);
  const format = useFormat();
  const { state, heard } = useSignal(live);
  const text = {
    connecting: say.connecting,
    live: say.live,
    lost: heard === undefined ? say.never : say.lost(format.time(heard)),
    denied: say.denied,
  };
  return (
    <p class={`connection ${state}`} role="status" data-connection={state}>
      <span class="dot" aria-hidden="true" /> {text[state]}
    </p>
  );
}

function DiskCard(props: { health: Health }) {
  const say = useWords(words);
  const format = useFormat();
  const { disk } = props.health;
  return (
    <Card>
      <h2>{say.disk}</h2>
      <Facts
        of={[
          [say.free, format.bytes(disk.free)],
          [say.reserve, format.bytes(disk.reserve)],
          [say.store, format.bytes(disk.store)],
        ]}
      />
    </Card>
  );
}

follow();
mount(Ops);
