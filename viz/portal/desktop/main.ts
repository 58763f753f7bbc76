/** Starts the page of a desktop. */
import '../../page/theme.css';
import '../look.css';
import './desktop.css';
import './files/files.css';
import { startTheme } from '../../page/theme-choice.ts';
import { DesktopPage } from './desktop-page.ts';
import { cleanAddress, readWayIn } from './way-in.ts';

const address = new URL(location.href);
const way = readWayIn(address);
// Before anything else: a token stays neither in the address nor in the history.
history.replaceState(null, '', cleanAddress(address, way));
startTheme();
new DesktopPage(document.querySelector<HTMLElement>('#desktop')!, way);
