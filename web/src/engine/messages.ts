import type { NamedFile } from './types.ts';

/** Source is where the worker has the verifier from: its URL, or gzip in base64 where the page holds it. */
export type Source = { readonly url: string } | { readonly gzip: string };

/** Question is what the worker is asked. */
export type Question =
  | { readonly call: 'load'; readonly source: Source }
  | { readonly call: 'rehearse' }
  | {
      readonly call: 'verify';
      readonly files: readonly NamedFile[];
      readonly settings: string;
      readonly hops: readonly Uint8Array[];
    }
  | { readonly call: 'cid'; readonly file: NamedFile }
  | { readonly call: 'assemble'; readonly proof: Uint8Array; readonly files: readonly NamedFile[] }
  | { readonly call: 'refresh'; readonly proof: Uint8Array; readonly served: Uint8Array };

/** Answer is what it tells: a file that it begins with, a result as JSON, and at the end an outcome or an error. */
export type Answer =
  | { readonly began: string }
  | { readonly result: string }
  | { readonly done: unknown }
  | { readonly error: string; readonly kind: 'load' | 'stopped' | 'input' };
