// Light or dark: as the system has it, until somebody chooses.

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

/** Listen to who wants to draw anew in other colours: set of functions. */
export const themeListeners = new Set();

/** Let a button change the colours; returns the function that does so, too. */
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
