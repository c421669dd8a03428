import '../ui/base.css';
import './verify.css';
import { engine } from '../engine/engine.ts';
import { mount } from '../ui/mount.tsx';
import { VerifyPage } from './page.tsx';

mount(VerifyPage);

// The engine is loaded once the page is painted: by the time somebody has found a file it is there.
requestAnimationFrame(() => setTimeout(() => engine.warm().catch(() => undefined)));
