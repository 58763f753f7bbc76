/** Starts the page. */
import './page/theme.css';
import { App } from './app.ts';
import { sourcesOf } from './load/sources.ts';
import { startTheme } from './page/theme-choice.ts';

startTheme();
await new App(document.querySelector<HTMLElement>('#page')!, sourcesOf(document)).start();
