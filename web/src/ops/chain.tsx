import { useFormat } from '../node/format.ts';
import { Hash } from '../node/hash.tsx';
import { chainName } from '../node/wire.ts';
import { Card, Facts } from '../ui/parts.tsx';
import { useWords } from '../ui/words.ts';
import type { Chain } from './health.ts';
import { useClock } from './now.ts';
import { Servers } from './servers.tsx';
import { Spending } from './spending.tsx';
import { Transactions } from './transactions.tsx';
import { words } from './words.ts';

/** ChainCard is all there is to say of one chain. */
export function ChainCard(props: { chain: Chain }) {
  const say = useWords(words);
  const format = useFormat();
  const clock = useClock();
  const { chain } = props;
  const limit = (amount: string | undefined, write: (wei: string) => string) =>
    amount === undefined ? '' : ` (${say.limit(write(amount))})`;
  let lasts = '';
  if (chain.anchorsLeft !== undefined) {
    const anchors = format.count(chain.anchorsLeft);
    const days = chain.daysLeft ?? Number.POSITIVE_INFINITY;
    const foreseeable = 3650; // beyond it fees are anybody's guess
    lasts = days > foreseeable ? say.pays(anchors) : say.lasts(format.span(days * 86400), anchors);
  }
  const pays = !/^0x0*$/.test(chain.account); // a mirror, and a process that does not write, have none
  return (
    <section aria-labelledby={`chain-${chain.home}`} data-chain={chain.home} class="stack">
      <h2 id={`chain-${chain.home}`}>{chainName(chain.home)}</h2>
      <div class="pair">
        {pays && (
          <Card>
            <h3>{say.money}</h3>
            <Facts
              of={[
                [say.account, <Hash key="account" text={chain.account} of={say.account} />],
                [
                  say.balance,
                  <span key="balance" data-balance>
                    {format.ether(chain.balance)}
                    {lasts && <span class="note">{lasts}</span>}
                  </span>,
                ],
                [say.fee, format.gwei(chain.baseFee) + limit(chain.maxFee, format.gwei)],
                [say.spentToday, format.ether(chain.spentToday ?? '0') + limit(chain.maxSpendPerDay, format.ether)],
                [say.spentInAll, format.ether(chain.spentInAll)],
              ]}
            />
            <Spending days={chain.spentByDay ?? []} />
          </Card>
        )}
        <Card>
          <h3>{say.chain}</h3>
          <Facts
            of={[
              [say.newest, `${format.count(chain.head)}, ${say.seen(clock.ago(chain.headSeen))}`],
              [
                say.finalUpTo,
                format.count(chain.final) +
                  (chain.finalityLag === undefined ? '' : `, ${say.behind(format.span(chain.finalityLag))}`),
              ],
            ]}
          />
          <Servers chain={chain} />
        </Card>
      </div>
      <Transactions title={say.inFlight} list={chain.inFlight} more={chain.inFlightLeftOut ?? 0} name="in-flight" />
      <Transactions title={say.recent} list={chain.recent} more={0} name="recent" />
    </section>
  );
}
