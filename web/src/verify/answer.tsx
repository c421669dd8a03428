import { useRef } from 'preact/hooks';
import type { Result } from '../engine/types.ts';
import { language } from '../ui/i18n.ts';
import { No, Unsure, Yes } from '../ui/icons.tsx';
import { Button, Card, CopyButton, Facts, Fold, Notice } from '../ui/parts.tsx';
import { reasons, whyOf } from '../ui/reasons/index.ts';
import { save } from '../ui/save.ts';
import { useSignal } from '../ui/signal.ts';
import { day, printable, shortened } from '../ui/text.ts';
import { VerdictBanner } from '../ui/verdict.tsx';
import { useWords } from '../ui/words.ts';
import { checkOf, claimedIssuer, issuerOf, reasonOf, recipientOf, titleOf, verdictOf } from './claims.ts';
import { Newer } from './newer-part.tsx';
import { PickMore } from './pick.tsx';
import { panel } from './settings.ts';
import { asks } from './state.ts';
import { words } from './words/index.ts';

/** Answer is one result in full: the verdict and why, what to do, what it is about, and how that is known. */
export function Answer(props: { result: Result }) {
  const r = props.result;
  const w = useWords(words);
  const all = useWords(reasons);
  const why = whyOf(all, reasonOf(r));
  const verdict = verdictOf(r);
  const missing = asks(r);
  const settable = ofSettings.has(r.reason ?? '');
  const line =
    verdict === 'PROOF' ? w.proofOnlyLine : verdict !== 'VALID' ? why[0] : r.expired ? w.expiredLine : w.validLine;
  return (
    <article class="stack">
      <h1 class="title">
        <bdi>{titleOf(r) || printable(shortened(r.file, 120))}</bdi>
      </h1>
      <VerdictBanner verdict={verdict} test={r.test === true} focus>
        <p>{line}</p>
      </VerdictBanner>
      {(verdict !== 'VALID' || missing) && (
        <Notice tone={verdict === 'INVALID' ? 'bad' : 'unsure'}>
          <h2>{w.nextTitle}</h2>
          <p>{verdict === 'PROOF' ? all.document_missing[1] : why[1]}</p>
          {(missing || settable) && (
            <p class="row no-print">
              {missing && <PickMore label={missing === 'document' ? w.addDocument : w.addProof} />}
              {settable && <Button onClick={openTrust}>{w.trustTitle}</Button>}
            </p>
          )}
        </Notice>
      )}
      {verdict === 'UNKNOWN' && <Newer result={r} />}
      {verdict === 'VALID' || verdict === 'PROOF' ? <Proven result={r} /> : <Claimed result={r} />}
      {verdict !== 'UNKNOWN' && <Newer result={r} />}
      {r.checks && (
        <Fold summary={w.checksTitle}>
          <Checks result={r} />
        </Fold>
      )}
      <Fold summary={w.technicalTitle}>
        <Technical result={r} />
      </Fold>
      <p class="row no-print">
        <Button onClick={() => print()}>{w.print}</Button>
        {r.proof && (
          <Button
            onClick={() =>
              save(`${baseName(r.file)}.proof.json`, new Blob([r.proof ?? ''], { type: 'application/json' }))
            }
          >
            {w.saveProof}
          </Button>
        )}
      </p>
    </article>
  );
}

/** Proven is what is known of a credential that is valid. */
function Proven(props: { result: Result }) {
  const r = props.result;
  const w = useWords(words);
  const lang = useSignal(language);
  const d = r.document;
  const skills = (r.skills ?? []).filter((s) => s.result === 'proven');
  return (
    <Card>
      <Facts
        of={[
          [w.issuedBy, <Issuer key="issuer" result={r} />],
          [w.what, titleOf(r) && <bdi>{titleOf(r)}</bdi>],
          [w.toWhom, recipientOf(r, w.hashed) && <bdi>{recipientOf(r, w.hashed)}</bdi>],
          [w.when, r.anchoredAt && day(lang, r.anchoredAt)],
          [w.stillGood, r.statusAsOf ? w.goodAsOf(day(lang, r.statusAsOf)) : w.statusUnknown],
          [w.from, d?.validFrom && day(lang, d.validFrom)],
          [w.until, d && (d.validUntil ? day(lang, d.validUntil) : w.noEnd)],
          [w.skills, skills.length > 0 && <Skills of={skills} />],
          [w.listed, r.listedBy?.map((l) => printable(`${l.name} (${l.list}, ${l.origin}, ${l.date})`)).join('; ')],
        ]}
      />
      <p class="quiet small">{w.notTheHolder}</p>
    </Card>
  );
}

function Issuer(props: { result: Result }) {
  const r = props.result;
  const w = useWords(words);
  const lang = useSignal(language);
  const how =
    r.issuerBy === 'store'
      ? w.byStore
      : r.issuerBy === 'did:pkh'
        ? w.byPkh
        : r.issuerSince
          ? w.byDomain(day(lang, r.issuerSince))
          : '';
  const names = claimedIssuer(r);
  return (
    <>
      <strong>
        <bdi>{issuerOf(r)}</bdi>
      </strong>
      {how && <span class="quiet small"> ({how})</span>}
      {names && names !== issuerOf(r) && (
        <div class="small">
          {w.claimsIssuer}: <bdi>“{names}”</bdi>
        </div>
      )}
      {r.document && !names && <div class="small">{w.namesNobody}</div>}
    </>
  );
}

function Skills(props: { of: NonNullable<Result['skills']> }) {
  return (
    <ul class="plain-list">
      {props.of.slice(0, 50).map((s) => {
        const name = printable(shortened(s.name || s.code || s.url || '', 120));
        return (
          <li key={name}>
            <bdi>{name}</bdi>
          </li>
        );
      })}
    </ul>
  );
}

/** Claimed is what a document says whose verdict is another one: nothing of it is proven. */
function Claimed(props: { result: Result }) {
  const r = props.result;
  const w = useWords(words);
  const lang = useSignal(language);
  const status = checkOf(r, 'status');
  const d = r.document;
  return (
    <>
      {r.issuerBy && (
        <Card>
          <Facts
            of={[
              [w.issuedBy, <Issuer key="issuer" result={r} />],
              [w.when, r.anchoredAt && day(lang, r.anchoredAt)],
              [w.stillGood, status?.result === 'pass' && r.statusAsOf && w.goodAsOf(day(lang, r.statusAsOf))],
              [w.replaced, r.replacedBy && <code class="ltr">{printable(r.replacedBy)}</code>],
            ]}
          />
        </Card>
      )}
      {d && (
        <Fold summary={w.claimsTitle} open>
          <p class="quiet small">{w.claimsNote}</p>
          <Facts
            of={[
              [w.claimsIssuer, claimedIssuer(r) && <bdi>{claimedIssuer(r)}</bdi>],
              [w.what, titleOf(r) && <bdi>{titleOf(r)}</bdi>],
              [w.toWhom, recipientOf(r, w.hashed) && <bdi>{recipientOf(r, w.hashed)}</bdi>],
              [w.from, d.validFrom && day(lang, d.validFrom)],
              [w.until, d.validUntil && day(lang, d.validUntil)],
            ]}
          />
        </Fold>
      )}
    </>
  );
}

/** Reasons about which what is trusted and asked for can do something. */
const ofSettings = new Set([
  'issuer_unknown',
  'issuer_unreadable',
  'name_of_another',
  'home_unknown',
  'chain_unknown',
  'registry_unknown',
  'not_final',
  'test_chain',
  'expired',
  'recipient_other',
  'recipient_unknown',
]);

function openTrust(): void {
  panel.value = true;
  requestAnimationFrame(() => document.querySelector<HTMLElement>('#trust summary')?.focus());
}

function Checks(props: { result: Result }) {
  const w = useWords(words);
  const names: Record<string, string> = w.checkNames;
  const lang = useSignal(language);
  return (
    <>
      {lang !== 'en' && <p class="quiet small">{w.checksNote}</p>}
      <ul class="checks">
        {(props.result.checks ?? []).map((c) => (
          <li key={c.check} class={c.result}>
            {c.result === 'pass' ? <Yes /> : c.result === 'fail' ? <No /> : <Unsure />}
            <span>
              <strong>{Object.hasOwn(names, c.check) ? names[c.check] : printable(c.check)}</strong>: {w[c.result]}
            </span>
            <span class="detail" lang="en" dir="ltr">
              {printable(c.detail)}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Technical(props: { result: Result }) {
  const r = props.result;
  const w = useWords(words);
  const lang = useSignal(language);
  const now = useRef(new Date()).current; // that of the answer
  const code = (text: string | undefined) => text && <code class="ltr">{printable(text)}</code>;
  return (
    <Facts
      of={[
        [
          w.checkedOn,
          new Intl.DateTimeFormat(lang === 'en' ? 'en-GB' : lang, { dateStyle: 'long', timeStyle: 'short' }).format(
            now,
          ),
        ],
        [w.file, <bdi key="file">{printable(shortened(r.file, 300))}</bdi>],
        [
          w.reason,
          (r.because || r.error || (r.verdict === 'SKIPPED' && r.reason)) && english(r.because || r.error || r.reason),
        ],
        [
          w.fingerprint,
          r.credential && (
            <span class="row">
              {code(r.credential)} <CopyButton text={r.credential} of={w.fingerprint} />
            </span>
          ),
        ],
        [w.key, code(r.issuer)],
        [w.chain, code(r.chainName && r.chain ? `${r.chainName} (${r.chain})` : r.chain)],
        [w.shortCode, code(r.shortCode)],
        [w.otherProofs, r.otherProofs?.map((o) => printable(`${o.file}: ${o.verdict} ${o.reason ?? ''}`)).join('; ')],
      ]}
    />
  );
}

function english(text: string | undefined) {
  return (
    <span lang="en" dir="ltr">
      {printable(shortened(text ?? '', 600))}
    </span>
  );
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.proof\.json$/, '');
}
