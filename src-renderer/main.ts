import { mount } from 'svelte';
import App from './App.svelte';
import { Desk } from './desk.ts';
import { callsOver } from './state/bridge-calls.ts';
import './theme.css';
import { Workspace } from './workspace.ts';

const target = document.getElementById('app');
if (target === null) {
  throw new Error('index.html has no element with the id app');
}
const desk = new Desk(new Workspace(callsOver(window.think2seg)));
mount(App, { target, props: { bridge: window.think2seg, desk } });
