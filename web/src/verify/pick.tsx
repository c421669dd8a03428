import { useRef } from 'preact/hooks';
import { Button } from '../ui/parts.tsx';
import { take } from './state.ts';

/** PickMore chooses what is missing. */
export function PickMore(props: { label: string }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button kind="main-action" onClick={() => input.current?.click()}>
        {props.label}
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-pick="more"
        onChange={(e) => {
          const all = [...(e.currentTarget.files ?? [])].map((file) => ({ name: file.name, file }));
          e.currentTarget.value = '';
          if (all.length > 0) {
            void take(all);
          }
        }}
      />
    </>
  );
}
