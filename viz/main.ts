/** Starts the page. */
import './theme.css';
import { App } from './app.ts';
import { sourcesOf } from './load/sources.ts';
import { startTheme } from './theme-choice.ts';

startTheme();
await new App(document.querySelector<HTMLElement>('#page')!, sourcesOf(document)).start();
