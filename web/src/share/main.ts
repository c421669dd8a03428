// The page of a shared credential comes from the node as HTML, with its words in it, and works without this. What is added
// here: buttons that copy and print, and the check by this browser itself.
import { type Language, language } from '../ui/i18n.ts';

/** copyButtons puts a button beside each entry of LinkedIn's form. */
function copyButtons(): void {
  const section = document.querySelector<HTMLElement>('.linkedin');
  if (!section || !navigator.clipboard) {
    return; // without it there is nothing to press: the entries can be selected
  }
  const { copy = '', copied = '' } = section.dataset;
  const told = document.createElement('p');
  told.setAttribute('role', 'status');
  for (const field of section.querySelectorAll<HTMLElement>('.field')) {
    const input = field.querySelector('input');
    const label = field.querySelector('label')?.textContent ?? '';
    if (!input) {
      continue;
    }
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = copy;
    button.setAttribute('aria-label', `${copy}: ${label}`);
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(input.value);
        told.textContent = `${copied}: ${label}`;
      } catch {
        input.select(); // the browser forbids it, and the person can copy what is selected
      }
    });
    input.after(button);
  }
  section.append(told);
}

/** printButton shows the button that prints, and unfolds the checks meanwhile. */
function printButton(): void {
  const button = document.querySelector<HTMLButtonElement>('#print');
  if (button) {
    button.hidden = false;
    button.addEventListener('click', () => window.print());
  }
}

copyButtons();
printButton();
if (document.querySelector('#browser')) {
  language.value = document.documentElement.lang as Language; // the page is in it already
  // The verifier is loaded once all is seen that the page is about.
  requestAnimationFrame(() => setTimeout(() => import('./check.ts').then(({ checkHere }) => checkHere())));
}
