import { useEffect, useRef, useState } from 'preact/hooks';
import { Button, Dialog } from '../ui/parts.tsx';
import { printable, urlOf } from '../ui/text.ts';
import { useWords } from '../ui/words.ts';
import { take, takeText } from './state.ts';
import { words } from './words/index.ts';

/** How wide a frame is looked at: a code of version 25 has 117 modules a side, and takes half of the picture. */
const widest = 1600;

/** Scan shows what the camera sees until there is a proof's code in it. */
export function Scan(props: { onClose: () => void }) {
  const w = useWords(words);
  const video = useRef<HTMLVideoElement>(null);
  const photo = useRef<HTMLInputElement>(null);
  const [state, setState] = useState<'start' | 'look' | 'none'>('start');
  const [other, setOther] = useState('');
  const close = useRef(props.onClose);
  close.current = props.onClose;

  useEffect(() => {
    let stream: MediaStream | undefined;
    let over = false;
    const end = () => {
      over = true;
      for (const track of stream?.getTracks() ?? []) {
        track.stop();
      }
    };
    const look = async () => {
      const [camera, { codesIn, drawn }] = await Promise.all([
        navigator.mediaDevices.getUserMedia({
          video: { facingMode: 'environment', width: { ideal: 1920 }, height: { ideal: 1080 } },
        }),
        import('./qr.ts'),
      ]);
      stream = camera;
      const view = video.current;
      if (over || !view) {
        return end();
      }
      view.srcObject = camera;
      await view.play();
      setState('look');
      while (!over) {
        const scale = Math.min(1, widest / Math.max(view.videoWidth, view.videoHeight));
        const image = drawn(view, Math.round(view.videoWidth * scale), Math.round(view.videoHeight * scale));
        const codes = image ? await codesIn(image, 60) : [];
        const proof = codes.find((text) => text.startsWith('HM1:'));
        if (proof && !over) {
          end();
          close.current();
          return takeText(proof);
        }
        if (codes[0]) {
          setOther(codes[0]);
        }
        await new Promise(requestAnimationFrame);
      }
    };
    look().catch(() => !over && setState('none'));
    return end;
  }, []);

  return (
    <Dialog title={w.cameraTitle} open onClose={props.onClose}>
      {state === 'none' ? (
        <p role="alert">{w.cameraNone}</p>
      ) : (
        <>
          <video ref={video} class="camera" muted playsInline />
          <p role="status">{state === 'start' ? w.cameraStart : w.cameraHint}</p>
        </>
      )}
      {other && <Other text={other} />}
      <p class="row">
        <Button onClick={() => photo.current?.click()}>{w.cameraPhoto}</Button>
      </p>
      <input
        ref={photo}
        type="file"
        accept="image/*"
        hidden
        onChange={(e) => {
          const all = [...(e.currentTarget.files ?? [])].map((file) => ({ name: file.name, file }));
          if (all.length > 0) {
            props.onClose();
            void take(all);
          }
        }}
      />
    </Dialog>
  );
}

/** Other is what a code says that is no proof: an address is shown by its host, and opened only when asked to. */
function Other(props: { text: string }) {
  const w = useWords(words);
  const url = /^https?:/i.test(props.text) ? urlOf(props.text) : undefined;
  return (
    <div role="status">
      <p>{w.cameraOther}</p>
      {url && (
        <p class="row">
          {w.cameraAddress(printable(url.host))}
          <a class="button" href={url.href} rel="noreferrer">
            {w.cameraOpen}
          </a>
        </p>
      )}
    </div>
  );
}
