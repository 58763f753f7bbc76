/** Starts the portal. */
import '../page/theme.css';
import './look.css';
import './portal.css';
import { startTheme } from '../page/theme-choice.ts';
import { PortalApp } from './portal-app.ts';

startTheme();
await new PortalApp(document.querySelector<HTMLElement>('#portal')!).start();
