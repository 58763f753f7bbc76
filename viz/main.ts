/** Starts the page. */
import './theme.css';

document.querySelector('#page')!.textContent = 'HEPS placements';
