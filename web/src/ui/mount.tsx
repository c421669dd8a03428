import { type ComponentType, h, render } from 'preact';
import { applyLanguage } from './i18n.ts';

/** mount draws a page into its document. */
export function mount(Page: ComponentType): void {
  applyLanguage();
  const place = document.getElementById('page');
  if (place) {
    render(h(Page, null), place);
  }
}
