import { isReport, type Result, type Skill } from '../engine/types.ts';

/** Collected is a skill that badges of the portfolio state. */
export interface Collected {
  skill: Skill;
  /** The indexes of the badges that prove it: valid ones. */
  proven: number[];
  /** Those of the others that state it. */
  stated: number[];
}

/**
 * collect brings together the skills of all badges: two are the same if their most telling identities are, and words if they
 * are the same words. Those with an identity come first.
 */
export function collect(results: readonly (Result | undefined)[]): Collected[] {
  const all = new Map<string, Collected>();
  results.forEach((result, badge) => {
    for (const skill of (result && isReport(result) && result.skills) || []) {
      const id = skill.ids?.[0];
      const key =
        id === undefined ? `word ${(skill.name ?? '').trim().toLowerCase().replace(/\s+/g, ' ')}` : `id ${id}`;
      if (key === 'word ') {
        continue;
      }
      const known = all.get(key) ?? { skill, proven: [], stated: [] };
      all.set(key, known);
      const list = result?.verdict === 'VALID' ? known.proven : known.stated;
      if (list.at(-1) !== badge) {
        list.push(badge);
      }
    }
  });
  const rank = (c: Collected) => (c.skill.kind === 'code' ? 0 : 2) + (c.proven.length > 0 ? 0 : 1);
  return [...all.values()].sort((a, b) => rank(a) - rank(b));
}
