import '../ui/base.css';
import './style.css';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { isReport, type Settings } from '../engine/types.ts';
import { Frame } from '../ui/frame.tsx';
import { language } from '../ui/i18n.ts';
import { mount } from '../ui/mount.tsx';
import { Choice, Field, Fold, Notice, Progress } from '../ui/parts.tsx';
import { useSignal } from '../ui/signal.ts';
import { day, printable, shortened } from '../ui/text.ts';
import { useWords } from '../ui/words.ts';
import { BadgeCard } from './card.tsx';
import { checkAll, type Outcome } from './check.ts';
import { content } from './content.ts';
import { collect } from './skills.ts';
import { SkillsTable } from './skillstable.tsx';
import { catalogue } from './words.ts';

const given = content() ?? { made: '', badges: [] };

function Portfolio() {
  const words = useWords(catalogue);
  const code = useSignal(language);
  const [settings, setSettings] = useState<Settings>({});
  const [outcomes, setOutcomes] = useState<(Outcome | undefined)[]>([]);
  useEffect(() => {
    const all: (Outcome | undefined)[] = given.badges.map(() => undefined);
    let frame = 0; // results may come faster than hundreds of badges are drawn
    const draw = () => {
      frame = 0;
      setOutcomes([...all]);
    };
    draw();
    const stop = checkAll(given.badges, settings, (badge, outcome) => {
      all[badge] = outcome;
      frame ||= window.setTimeout(draw, 100);
    });
    return () => {
      clearTimeout(frame);
      stop();
    };
  }, [settings]);
  const done = outcomes.filter((o) => o !== undefined).length;
  const all = given.badges.length;
  const count = (verdict: string) => outcomes.filter((o) => o?.result?.verdict === verdict).length;
  const skills = useMemo(() => collect(outcomes.map((o) => o?.result)), [outcomes]);
  const reports = outcomes.flatMap((o) => (o?.result && isReport(o.result) ? [o.result] : []));
  const names = [...new Set(reports.flatMap((r) => r.document?.recipientName ?? []))];
  if (all === 0) {
    return (
      <Frame title={words.title}>
        <h1>{words.title}</h1>
        <Notice>{words.empty}</Notice>
      </Frame>
    );
  }
  const made = day(code, given.made);
  return (
    <Frame title={words.title}>
      <h1>{words.title}</h1>
      {names.length > 0 && (
        <p class="whose">
          {words.names}{' '}
          {names.map((name, i) => (
            <span key={name}>
              {i > 0 && '; '}
              <bdi>{printable(shortened(name, 300))}</bdi>
            </span>
          ))}
        </p>
      )}
      <p class="quiet">{words.made(made, all)}</p>
      <Notice>{words.lead}</Notice>
      {done < all && <Progress label={words.checking(done, all)} done={done} of={all} />}
      <p role="status" class="counts">
        {done === all && words.counts(count('VALID'), count('INVALID'), all - count('VALID') - count('INVALID'))}
      </p>
      {done === all && count('VALID') < all && <p class="no-print">{words.next}</p>}
      <TrustPanel settings={settings} onChange={setSettings} />
      {skills.length > 0 && (
        <section aria-labelledby="skills">
          <h2 id="skills">{words.skills}</h2>
          <SkillsTable skills={skills} />
        </section>
      )}
      <section aria-labelledby="badges-heading" class="stack">
        <h2 id="badges-heading">{words.badges}</h2>
        {given.badges.map((badge, i) => (
          <BadgeCard key={badge.file} badge={badge} number={i + 1} outcome={outcomes[i]} />
        ))}
      </section>
    </Frame>
  );
}

const maxTrust = 16 << 20;

/** TrustPanel is what the reader believes. It is the reader's own: a portfolio brings none along. */
function TrustPanel(props: { settings: Settings; onChange: (s: Settings) => void }) {
  const words = useWords(catalogue);
  const [wrong, setWrong] = useState(false);
  const load = async (file: File | undefined) => {
    if (!file) {
      return;
    }
    try {
      const trust = file.size > maxTrust ? '' : await file.text();
      if (typeof JSON.parse(trust) !== 'object') {
        throw new Error('no object');
      }
      setWrong(false);
      props.onChange({ ...props.settings, trust });
    } catch {
      setWrong(true);
    }
  };
  return (
    <div class="no-print">
      <Fold summary={words.trust}>
        <p>{words.trustHelp}</p>
        <Field
          label={words.loadTrust}
          wrong={wrong ? words.trustWrong : undefined}
          input={(ids) => (
            <input
              {...ids}
              type="file"
              accept=".json,application/json"
              onChange={(e) => void load(e.currentTarget.files?.[0])}
            />
          )}
        />
        <Choice
          label={words.allowTest}
          checked={props.settings.allowTest ?? false}
          onChange={(allowTest) => props.onChange({ ...props.settings, allowTest })}
        />
      </Fold>
    </div>
  );
}

mount(Portfolio);
