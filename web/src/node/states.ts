import { catalog } from '../ui/i18n.ts';
import type { Tone } from '../ui/parts.tsx';
import type { State } from './wire.ts';

/** states are the words for how far something has come. */
export const states = catalog<Record<State, string>>({
  en: {
    accepted: 'accepted',
    batched: 'in a batch',
    broadcast: 'sent',
    mined: 'in a block',
    final: 'final',
    failed: 'failed',
  },
  de: {
    accepted: 'angenommen',
    batched: 'im Stapel',
    broadcast: 'gesendet',
    mined: 'im Block',
    final: 'endgültig',
    failed: 'gescheitert',
  },
  es: {
    accepted: 'aceptado',
    batched: 'en un lote',
    broadcast: 'enviado',
    mined: 'en un bloque',
    final: 'definitivo',
    failed: 'fallido',
  },
  fr: {
    accepted: 'accepté',
    batched: 'dans un lot',
    broadcast: 'envoyé',
    mined: 'dans un bloc',
    final: 'définitif',
    failed: 'échoué',
  },
  zh: {
    accepted: '已接收',
    batched: '已入批次',
    broadcast: '已发送',
    mined: '已入区块',
    final: '已最终确定',
    failed: '失败',
  },
  ar: {
    accepted: 'مقبول',
    batched: 'في دفعة',
    broadcast: 'مُرسَل',
    mined: 'في كتلة',
    final: 'نهائي',
    failed: 'فشل',
  },
});

/** stateTone is the tone of a state: good once nothing more is to come. */
export function stateTone(state: State): Tone | undefined {
  return state === 'final' ? 'good' : state === 'failed' ? 'bad' : undefined;
}
