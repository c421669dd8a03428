import { useEffect, useMemo, useState } from 'preact/hooks';
import { isReport, type Report, type Result } from '../engine/types.ts';
import { language } from '../ui/i18n.ts';
import { Button, Card, Facts, Fold, Notice } from '../ui/parts.tsx';
import { reasons, whyOf } from '../ui/reasons/index.ts';
import { save } from '../ui/save.ts';
import { useSignal } from '../ui/signal.ts';
import { day, printable, shortened, urlOf } from '../ui/text.ts';
import { VerdictTag } from '../ui/verdict.tsx';
import { useWords } from '../ui/words.ts';
import { claimedIssuer, issuerOf, titleOf } from '../verify/claims.ts';
import type { Outcome } from './check.ts';
import { type Badge, filesOf, pictureOf } from './content.ts';
import { catalogue } from './words.ts';

/** shown is a text of a badge, or of whoever made the page: without signs that deceive, and not too long. */
const shown = (text: string | undefined) => printable(shortened(text ?? '', 300));

/** BadgeCard shows a badge: what it says of itself, and once it was checked the verdict. */
export function BadgeCard(props: { badge: Badge; number: number; outcome: Outcome | undefined }) {
  const { badge, number, outcome } = props;
  const words = useWords(catalogue);
  const result = outcome?.result;
  const report = result && isReport(result) ? result : undefined;
  const title = (report && titleOf(report)) || shown(badge.title);
  const link = urlOf(badge.url ?? '');
  return (
    <Card class="badge">
      <article id={`badge-${number}`} aria-labelledby={`title-${number}`}>
        <Picture badge={badge} title={title} />
        <div class="said">
          <h3 id={`title-${number}`}>
            {number}. <bdi>{title}</bdi>
          </h3>
          {outcome === undefined && <p class="quiet">{words.says}</p>}
          {outcome && !result && <Notice tone="unsure">{words.failed}</Notice>}
          {result && <Verdict result={result} />}
          <Said badge={badge} report={report} />
          {outcome !== undefined && outcome.inside.length > 0 && <Inside all={outcome.inside} />}
          {report && <Checks report={report} />}
          <p class="row no-print">
            <Save badge={badge} which={0} name={words.saveBadge} />
            <Save badge={badge} which={1} name={words.saveProof} />
            {(link?.protocol === 'https:' || link?.protocol === 'http:') && (
              <a href={link.href} rel="noreferrer">
                {words.link}
              </a>
            )}
          </p>
        </div>
      </article>
    </Card>
  );
}

function Verdict(props: { result: Result }) {
  const { result } = props;
  const why = useWords(reasons);
  const [means] = whyOf(why, isReport(result) ? result.reason : 'no_proof');
  return (
    <>
      <p class="answer">
        <VerdictTag verdict={result.verdict} test={isReport(result) && result.test} />
      </p>
      {result.verdict !== 'VALID' && <p>{means}</p>}
    </>
  );
}

function Said(props: { badge: Badge; report: Report | undefined }) {
  const { badge, report } = props;
  const words = useWords(catalogue);
  const code = useSignal(language);
  const time = (at: string | null | undefined) => (at ? day(code, at) : undefined);
  const known = report?.checks.some((c) => c.check === 'issuer' && c.result === 'pass');
  const said = report?.document;
  const proven = known && report ? issuerOf(report) : '';
  const named = (report && claimedIssuer(report)) || shown(badge.issuer);
  return (
    <Facts
      of={[
        [words.issuedBy, proven && <bdi>{proven}</bdi>],
        [words.namedIssuer, named && named !== proven && <bdi>{named}</bdi>],
        [words.forWhom, said?.recipientName && <bdi>{shown(said.recipientName)}</bdi>],
        [words.recorded, time(report?.anchoredAt)],
        [words.validUntil, dateOf(said?.validUntil, time)],
        [words.goodAsOf, report?.verdict === 'VALID' ? time(report.statusAsOf) : undefined],
        [
          words.criteria,
          said?.criteria?.length ? <bdi>{printable(shortened(said.criteria.join('; '), 5000))}</bdi> : undefined,
        ],
        [words.skills, skillNames(report)],
      ]}
    />
  );
}

/** dateOf writes a date as the page does, where it is one that all take alike; else it stays as the badge has it. */
function dateOf(text: string | undefined, time: (at: string) => string | undefined) {
  return text && /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)) ? (
    time(text)
  ) : text ? (
    <bdi>{shown(text)}</bdi>
  ) : undefined;
}

function skillNames(report: Report | undefined) {
  const names = (report?.skills ?? []).map((s) => s.name ?? s.ids?.[0] ?? '').filter((name) => name !== '');
  return names.length > 0 ? <bdi>{[...new Set(names.map(shown))].join(', ')}</bdi> : undefined;
}

function Inside(props: { all: Result[] }) {
  const words = useWords(catalogue);
  return (
    <Fold summary={`${words.inside} (${props.all.length})`}>
      <ul>
        {props.all.map((r) => (
          <li key={r.file}>
            <VerdictTag verdict={r.verdict} test={isReport(r) && r.test} /> <bdi>{titleOf(r) || shown(r.file)}</bdi>
          </li>
        ))}
      </ul>
    </Fold>
  );
}

function Checks(props: { report: Report }) {
  const words = useWords(catalogue);
  const code = useSignal(language);
  return (
    <Fold summary={words.checks}>
      {code !== 'en' && <p class="quiet small">{words.english}</p>}
      <ul class="details" lang="en" dir="ltr">
        {props.report.checks.map((c) => (
          <li key={c.check}>
            <strong>{c.check}</strong>: {c.result}. {printable(c.detail)}
          </li>
        ))}
      </ul>
      <p class="small ltr">CID {props.report.credential}</p>
    </Fold>
  );
}

/** Save hands out a file of the badge. It is made when it is asked for: a portfolio may hold a hundred megabytes. */
function Save(props: { badge: Badge; which: 0 | 1; name: string }) {
  const saveIt = () => {
    const file = filesOf(props.badge)[props.which];
    if (!file) {
      return;
    }
    const content = new Blob([file.bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' });
    save(file.name.split('/').pop() ?? 'badge', content);
  };
  return (
    <Button kind="plain" onClick={saveIt}>
      {props.name}
      <span class="unseen">: {shown(props.badge.title)}</span>
    </Button>
  );
}

function Picture(props: { badge: Badge; title: string }) {
  const words = useWords(catalogue);
  const blob = useMemo(() => pictureOf(props.badge), [props.badge]);
  const [url, setURL] = useState<string>();
  useEffect(() => {
    if (blob) {
      const made = URL.createObjectURL(blob);
      setURL(made);
      return () => URL.revokeObjectURL(made);
    }
  }, [blob]);
  return url ? (
    <img src={url} alt={words.picture(props.title)} width={112} height={112} onError={() => setURL(undefined)} />
  ) : null;
}
