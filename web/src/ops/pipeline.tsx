import { useFormat } from '../node/format.ts';
import { chainName } from '../node/wire.ts';
import { Facts } from '../ui/parts.tsx';
import { useWords } from '../ui/words.ts';
import type { Health } from './health.ts';
import { useClock } from './now.ts';
import { words } from './words.ts';

/** Pipeline is how many are where on the way from submission to proof, and for how long. */
export function Pipeline(props: { health: Health }) {
  const say = useWords(words);
  const format = useFormat();
  const clock = useClock();
  const { health } = props;
  const several = health.chains.length > 1;
  const stages = ['batched', 'broadcast', 'mined'] as const;
  return (
    <section aria-labelledby="pipeline">
      <h2 id="pipeline">{say.pipeline}</h2>
      <ol class="flow">
        <li data-stage="waiting">
          <Step
            name={say.waiting}
            count={health.waiting}
            note={health.waiting > 0 ? say.oldest(clock.ago(health.oldestPending)) : ''}
          />
        </li>
        {stages.map((state) => (
          <li key={state} data-stage={state}>
            {health.chains.map((chain) => {
              const stage = chain.stages.find((s) => s.state === state);
              const notes = stage?.batches
                ? [say.submissionsIn(format.count(stage.submissions)), say.oldest(clock.ago(stage.oldest))]
                : [];
              return (
                <Step
                  key={chain.home}
                  name={say[state]}
                  {...(several ? { chain: chainName(chain.home) } : {})}
                  count={stage?.batches ?? 0}
                  note={notes.join(' · ')}
                />
              );
            })}
          </li>
        ))}
        <li data-stage="final">
          {health.chains.map((chain) => (
            <Step
              key={chain.home}
              name={say.final}
              {...(several ? { chain: chainName(chain.home) } : {})}
              count={chain.anchors}
              note={chain.lastFinal ? say.last(clock.ago(chain.lastFinal)) : ''}
            />
          ))}
        </li>
      </ol>
      <Facts
        of={[
          [say.inAll, format.count(health.submissions)],
          [say.lastDay, say.dayText(format.count(health.lastDay.batches), format.count(health.lastDay.submissions))],
          [say.nextBatch, health.nextBatch ? say.within(clock.until(health.nextBatch)) : say.none],
        ]}
      />
    </section>
  );
}

function Step(props: { name: string; chain?: string; count: number; note: string }) {
  const format = useFormat();
  return (
    <div class="step">
      <span class="step-name">
        {props.name}
        {props.chain && ` (${props.chain})`}
      </span>
      <span class="step-count">{format.count(props.count)}</span>
      <span class="step-note">{props.note}</span>
    </div>
  );
}
