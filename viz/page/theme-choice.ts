/** Light or dark: what was chosen on an earlier visit, or what the system prefers. */

/** Shows the theme that was chosen on an earlier visit, or what the system prefers. */
export function startTheme(): void {
  const preference = matchMedia('(prefers-color-scheme: dark)');
  const show = (): void => {
    document.documentElement.dataset.theme = chosenTheme() ?? (preference.matches ? 'dark' : 'light');
  };
  preference.addEventListener('change', show);
  show();
}

/** Dark where it is light, and the other way round; kept for later visits. */
export function switchTheme(): void {
  const theme = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem('heps-theme', theme);
  } catch {
    // A page opened from disk may not keep anything; the choice holds until it is closed.
  }
}

function chosenTheme(): string | null {
  try {
    return localStorage.getItem('heps-theme');
  } catch {
    return null;
  }
}
