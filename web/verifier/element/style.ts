/**
 * The looks of the element. A page changes them by the custom properties and by `::part(card)`, `::part(verdict)` and
 * `::part(drop)`. It is a constructed style sheet, which a strict Content-Security-Policy allows.
 */
export const style = `
:host {
  --_text: var(--hallmark-text, light-dark(#1b1b1f, #ececf1));
  --_quiet: var(--hallmark-quiet, light-dark(#55565e, #b4b5be));
  --_ground: var(--hallmark-ground, light-dark(#ffffff, #1c1d22));
  --_line: var(--hallmark-line, light-dark(#c9cad2, #4a4b55));
  --_valid: var(--hallmark-valid, light-dark(#12703a, #67d391));
  --_invalid: var(--hallmark-invalid, light-dark(#b3261e, #ff9a90));
  --_unknown: var(--hallmark-unknown, light-dark(#7a5200, #f2c15b));
  color-scheme: light dark;
  display: block;
  max-inline-size: 36rem;
  font: 1rem/1.45 var(--hallmark-font, system-ui, sans-serif);
  color: var(--_text);
}
:host([hidden]) { display: none; }
.card, .drop {
  background: var(--_ground);
  border: 1px solid var(--_line);
  border-radius: var(--hallmark-radius, 0.6rem);
  padding: 1rem;
}
.card { border-inline-start-width: 0.4rem; }
.card.VALID { border-inline-start-color: var(--_valid); }
.card.INVALID { border-inline-start-color: var(--_invalid); }
.card.UNKNOWN { border-inline-start-color: var(--_unknown); }
.verdict { font-size: 1.4rem; font-weight: 700; margin: 0; display: flex; gap: 0.5rem; align-items: center; flex-wrap: wrap; }
.VALID .verdict { color: var(--_valid); }
.INVALID .verdict { color: var(--_invalid); }
.UNKNOWN .verdict { color: var(--_unknown); }
.verdict svg { inline-size: 1.5rem; block-size: 1.5rem; flex: none; }
.test { border: 2px dashed currentcolor; border-radius: 0.3rem; padding: 0 0.4rem; font-size: 1rem; letter-spacing: 0.08em; }
p { margin: 0.25rem 0 0; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0.15rem 0.9rem; margin: 0.75rem 0 0; }
dt, .quiet { color: var(--_quiet); }
dd { margin: 0; overflow-wrap: anywhere; unicode-bidi: isolate; }
details { margin-block-start: 0.75rem; }
summary { cursor: pointer; min-block-size: 1.5rem; }
li { margin-block: 0.25rem; overflow-wrap: anywhere; }
.drop { display: block; text-align: center; cursor: pointer; border-style: dashed; padding: 1.5rem 1rem; position: relative; }
.drop input { position: absolute; inset: 0; opacity: 0; cursor: pointer; inline-size: 100%; block-size: 100%; }
.drop:focus-within, summary:focus-visible { outline: 3px solid var(--hallmark-focus, light-dark(#1f55c7, #9dbcff)); outline-offset: 2px; }
.drop.over { border-color: var(--_valid); border-style: solid; }
.card + .drop { margin-block-start: 0.75rem; padding: 0.75rem; }
@media print { .drop { display: none; } }
@media (forced-colors: active) { .card { border-inline-start-color: CanvasText; } }
`;
