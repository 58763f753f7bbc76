/** Starts the portal. */
import '../theme.css';
import './look.css';
import './portal.css';
import { startTheme } from '../theme-choice.ts';
import { PortalApp } from './portal-app.ts';

startTheme();
await new PortalApp(document.querySelector<HTMLElement>('#portal')!).start();
