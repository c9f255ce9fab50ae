import { contextBridge } from 'electron';
import { createBridge } from './app/bridge.ts';

contextBridge.exposeInMainWorld('think2seg', createBridge());
