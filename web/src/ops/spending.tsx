import { useFormat } from '../node/format.ts';
import { useWords } from '../ui/words.ts';
import { words } from './words.ts';

const shown = 30; // days
const width = 8;
const height = 48;

/** Spending draws what was spent in each of the last days. */
export function Spending(props: { days: { day: string; amount: string }[] }) {
  const say = useWords(words);
  const format = useFormat();
  const today = Math.floor(Date.now() / 86_400_000);
  const days = props.days
    .map(({ day, amount }) => ({ day, amount, at: shown - 1 - today + Math.floor(Date.parse(day) / 86_400_000) }))
    .filter(({ at }) => at >= 0 && at < shown);
  const most = Math.max(...days.map(({ amount }) => Number(amount)));
  if (!(most > 0)) {
    return null;
  }
  const sum = days.reduce((all, { amount }) => all + BigInt(amount), 0n);
  return (
    <figure class="bars">
      <figcaption class="small quiet">
        {say.spentByDay}: {format.ether(String(sum))}
      </figcaption>
      <svg viewBox={`0 0 ${shown * width} ${height}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
        {days.map(({ day, amount, at }) => {
          const tall = Math.max(2, (Number(amount) / most) * height);
          return (
            <rect key={day} x={at * width + 1} y={height - tall} width={width - 2} height={tall}>
              <title>{`${format.day(day)}: ${format.ether(amount)}`}</title>
            </rect>
          );
        })}
      </svg>
    </figure>
  );
}
