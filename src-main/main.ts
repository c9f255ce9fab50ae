import { startDesktop } from './app/start-desktop.ts';

startDesktop();
