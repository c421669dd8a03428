import '../ui/base.css';
import { mount } from '../ui/mount.tsx';

mount(() => <h1>Hallmark</h1>);
