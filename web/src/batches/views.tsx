import { useFormat } from '../node/format.ts';
import { Hash } from '../node/hash.tsx';
import { states, stateTone } from '../node/states.ts';
import type { ChainState, Status } from '../node/wire.ts';
import { chainName } from '../node/wire.ts';
import { words as shared } from '../node/words.ts';
import { Card, Facts, Tag } from '../ui/parts.tsx';
import { useWords } from '../ui/words.ts';
import type { Found } from './load.ts';
import { Submissions } from './submissions.tsx';
import { words } from './words.ts';

/** FoundView shows what a hash turned out to be. */
export function FoundView(props: { found: Found; hash: string }) {
  const { found, hash } = props;
  switch (found.kind) {
    case 'batch':
      return <BatchView batch={found.batch} />;
    case 'submission':
      return <SubmissionView status={found.status} />;
    case 'leaf':
      return <LeafView leaf={hash} status={found.status} issuer={found.issuer} />;
  }
}

function BatchView(props: { batch: Extract<Found, { kind: 'batch' }>['batch'] }) {
  const say = useWords(words);
  const also = useWords(shared);
  const state = useWords(states);
  const format = useFormat();
  const { batch } = props;
  return (
    <article class="stack" data-view="batch">
      <h2>{say.batch(format.count(batch.number))}</h2>
      <Card>
        <Facts
          of={[
            [also.root, <FullHash key="root" text={batch.root} of={also.root} />],
            [
              also.state,
              <Tag key="state" tone={stateTone(batch.state)}>
                {state[batch.state]}
              </Tag>,
            ],
            [also.sealed, format.time(batch.sealedAt)],
            [also.submissions, format.count(batch.count)],
            [also.credentials, format.count(batch.leaves)],
            [
              say.blocks,
              <a key="blocks" href={`/ipfs/${batch.manifestCid}?format=raw`} download={`${batch.manifestCid}.cbor`}>
                {say.manifest} <code class="ltr">{batch.manifestCid}</code>
              </a>,
            ],
          ]}
        />
      </Card>
      {batch.chains.map((chain) => (
        <OnChain key={chain.home} of={chain} />
      ))}
      <Submissions path={`/v1/batches/${batch.root}`} cursor="after" showIssuer />
    </article>
  );
}

function OnChain(props: { of: ChainState }) {
  const say = useWords(words);
  const also = useWords(shared);
  const state = useWords(states);
  const format = useFormat();
  const { of } = props;
  return (
    <Card>
      <h3>{chainName(of.home)}</h3>
      <Facts
        of={[
          [
            also.state,
            <Tag key="state" tone={stateTone(of.state)}>
              {state[of.state]}
            </Tag>,
          ],
          [say.since, format.time(of.since)],
          [also.block, of.block === undefined ? '' : format.count(of.block)],
          [also.transaction, of.transaction && <FullHash text={of.transaction} of={also.transaction} />],
          [say.registry, <code key="home">{of.home}</code>],
        ]}
      />
    </Card>
  );
}

function SubmissionView(props: { status: Status }) {
  const say = useWords(words);
  return (
    <article class="stack" data-view="submission">
      <h2>{say.submission}</h2>
      <Standing status={props.status} />
    </article>
  );
}

function LeafView(props: { leaf: string; status: Status; issuer: string }) {
  const say = useWords(words);
  return (
    <article class="stack" data-view="leaf">
      <h2>{say.leaf}</h2>
      <p>{say.leafText}</p>
      <p>
        <FullHash text={props.leaf} of={say.leaf} />
      </p>
      <Standing status={props.status} issuer={props.issuer} />
    </article>
  );
}

function Standing(props: { status: Status; issuer?: string }) {
  const say = useWords(words);
  const also = useWords(shared);
  const state = useWords(states);
  const { status, issuer } = props;
  return (
    <Card>
      <Facts
        of={[
          [say.submission, <FullHash key="id" text={status.id} of={say.submission} />],
          [
            also.state,
            <Tag key="state" tone={stateTone(status.state)}>
              {state[status.state]}
            </Tag>,
          ],
          [say.issuer, issuer && <Hash text={issuer} of={say.issuer} href={`#${issuer}`} />],
          [
            say.inBatch,
            status.batch ? <Hash text={status.batch} of={say.inBatch} href={`#${status.batch}`} /> : say.waits,
          ],
        ]}
      />
    </Card>
  );
}

/** IssuerView is what an issuer has submitted. */
export function IssuerView(props: { address: string }) {
  const say = useWords(words);
  return (
    <article class="stack" data-view="issuer">
      <h2>{say.issuerTitle}</h2>
      <p>
        <FullHash text={props.address} of={say.issuer} />
      </p>
      <Submissions path={`/v1/issuers/${props.address}`} cursor="before" showIssuer={false} />
    </article>
  );
}

function FullHash(props: { text: string; of: string }) {
  return (
    <span class="full">
      <code class="ltr">{props.text}</code> <Hash text={props.text} of={props.of} />
    </span>
  );
}
