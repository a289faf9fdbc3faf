// The theme, light or dark: the system setting, or the user's choice.

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

/**
 * Functions that redraw after a change of the theme.
 * @type {Set<() => void>}
 */
export const themeListeners = new Set();

/** Return whether the dark theme is active. */
export function isDark() {
  return document.documentElement.dataset.theme === "dark";
}

/**
 * Connect the button that switches the theme; returns the function that switches it.
 * @param {HTMLElement} button
 * @returns {() => void}
 */
export function startTheme(button) {
  const chosen = () => localStorage.getItem("theme") ?? (prefersDark.matches ? "dark" : "light");

  function apply() {
    const theme = chosen();
    document.documentElement.dataset.theme = theme;
    button.textContent = theme === "dark" ? "☀" : "☾";
    button.setAttribute("aria-label", theme === "dark" ? "Switch to the light theme" : "Switch to the dark theme");
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
