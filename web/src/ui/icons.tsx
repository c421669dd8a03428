import type { ComponentChildren } from 'preact';

// Icons are drawn in the colour of their text, and say nothing that is not also said in words.

function Icon(props: { children: ComponentChildren }) {
  return (
    <svg
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2.4"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {props.children}
    </svg>
  );
}

export const Yes = () => (
  <Icon>
    <circle cx="12" cy="12" r="10.5" stroke-width="2" />
    <path d="M7 12.5l3.5 3.5L17 9" />
  </Icon>
);

export const No = () => (
  <Icon>
    <circle cx="12" cy="12" r="10.5" stroke-width="2" />
    <path d="M8 8l8 8M16 8l-8 8" />
  </Icon>
);

export const Unsure = () => (
  <Icon>
    <circle cx="12" cy="12" r="10.5" stroke-width="2" />
    <path d="M9 9.2a3 3 0 1 1 4.2 2.8c-.8.4-1.2 1-1.2 2M12 17.3v.1" />
  </Icon>
);

export const Camera = () => (
  <Icon>
    <path d="M3 8a2 2 0 0 1 2-2h2l1.5-2h7L17 6h2a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z" />
    <circle cx="12" cy="13" r="3.6" />
  </Icon>
);

export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="7" fill="currentColor" />
    <path
      d="M8.5 16.5l5 5 10-11"
      fill="none"
      stroke="var(--paper)"
      stroke-width="4"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  </svg>
);
