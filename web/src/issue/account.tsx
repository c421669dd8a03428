import { useEffect } from 'preact/hooks';
import { Button, Card } from '../ui/parts.tsx';
import { signal, useSignal } from '../ui/signal.ts';
import { printable } from '../ui/text.ts';
import { useWords } from '../ui/words.ts';
import { connect, findWallets, type Wallet, watchAccount } from './wallet.ts';
import { words } from './words/index.ts';
import { Problem, useWork } from './work.tsx';

/** An Account is that of a wallet, which the person has connected. */
export interface Account {
  wallet: Wallet;
  address: string;
}

/** account is the one that signs; undefined while none is connected. */
export const account = signal<Account | undefined>(undefined);

const wallets = signal<Wallet[]>([]);

/** AccountBar connects a wallet, and shows which account signs. */
export function AccountBar() {
  const w = useWords(words);
  const all = useSignal(wallets);
  const now = useSignal(account);
  const work = useWork();
  useEffect(
    () =>
      findWallets((found) => {
        wallets.value = found;
      }),
    [],
  );
  useEffect(
    () =>
      now &&
      watchAccount(now.wallet, (address) => {
        account.value = address === undefined ? undefined : { wallet: now.wallet, address };
      }),
    [now],
  );
  const use = (wallet: Wallet) =>
    work.run(async () => {
      account.value = { wallet, address: await connect(wallet) };
    });
  return (
    <Card>
      <h2>{w.wallet}</h2>
      {now ? (
        <p class="row">
          <span>
            {w.account} <code class="ltr">{now.address}</code>
          </span>
          <Button
            kind="plain"
            onClick={() => {
              account.value = undefined;
            }}
          >
            {w.walletOther}
          </Button>
        </p>
      ) : (
        <p class="row">
          {all.length === 0 && w.walletNone}
          {all.map((wallet) => (
            <Button key={wallet.id} disabled={work.busy} onClick={() => use(wallet)}>
              {w.walletUse(printable(wallet.name) || w.walletPlain)}
            </Button>
          ))}
        </p>
      )}
      <Problem fault={work.fault} />
    </Card>
  );
}
