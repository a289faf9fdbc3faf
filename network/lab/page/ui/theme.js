// Light or dark: as the system has it, until somebody chooses.

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

/**
 * What draws anew when the colours change.
 * @type {Set<() => void>}
 */
export const themeListeners = new Set();

/** Return whether the page is dark now. */
export function isDark() {
  return document.documentElement.dataset.theme === "dark";
}

/**
 * Let a button change the colours; returns the function that does so, too.
 * @param {HTMLElement} button
 * @returns {() => void}
 */
export function startTheme(button) {
  const chosen = () => localStorage.getItem("theme") ?? (prefersDark.matches ? "dark" : "light");

  function apply() {
    const theme = chosen();
    document.documentElement.dataset.theme = theme;
    button.textContent = theme === "dark" ? "☀" : "☾";
    button.setAttribute("aria-label", theme === "dark" ? "Light colours" : "Dark colours");
    for (const listener of themeListeners) listener();
  }

  function toggle() {
    localStorage.setItem("theme", chosen() === "dark" ? "light" : "dark");
    apply();
  }

  button.onclick = toggle;
  prefersDark.addEventListener("change", apply);
  apply();
  return toggle;
}
