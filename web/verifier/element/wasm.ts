import { engine } from '../../src/engine/engine.ts';
import { EngineError, isReport, type Report, type Result } from '../../src/engine/types.ts';
import type { NamedFile, Settings, Verdict } from './types.js';

export * from '../../src/engine/engine.ts';

/** check is what `<hallmark-verify engine="wasm">` asks: the verdict on the first badge among files; nothing without a proof. */
export async function check(files: NamedFile[], settings: Settings): Promise<Verdict | undefined> {
  const results: Result[] = [];
  await engine.verify(files, settings, (r) => results.push(r));
  const stopped = results.find((r) => !isReport(r) && r.verdict === 'NO PROOF' && r.error?.includes('it could not be looked at'));
  if (stopped) {
    throw new EngineError('stopped', 'the file could not be looked at');
  }
  const report = results.find(isReport);
  return report && verdictOf(report);
}

function verdictOf(r: Report): Verdict {
  const title = r.document?.achievements?.join('; ') || r.document?.name;
  return {
    file: r.file,
    verdict: r.verdict,
    issuer: (r.issuerBy === 'x509' || r.issuerBy === 'dnssec' ? r.issuerDomain : undefined) ?? r.issuerName ?? r.issuer,
    test: r.test,
    checks: r.checks,
    ...(title ? { title } : {}),
    ...(r.reason === undefined ? {} : { reason: r.reason }),
    ...(r.anchoredAt === null ? {} : { anchoredAt: r.anchoredAt }),
    ...(r.statusAsOf === null ? {} : { statusAsOf: r.statusAsOf }),
  };
}
