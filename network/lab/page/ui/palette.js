// Ten colours for ten classes, also distinct for colour-blind readers; the class is always written, too.

import { isDark } from "./theme.js";

// found by a search that maximises the smallest difference, for all kinds of colour vision; a test checks it
const COLOURS = {
  light: ["#491286", "#005dd2", "#009c96", "#163c29", "#cf7605", "#ac854d", "#d51f69", "#7d3006", "#9481c8", "#581b55"],
  dark: ["#2c7efa", "#78ff96", "#a5d1ff", "#a2ac80", "#cf9a00", "#d1f665", "#db5339", "#ef74af", "#a06bc3", "#ffd5d3"],
};
const SERIES = 6; // colours of lines, from ui/style.css

/**
 * Return the colour of a class; colours repeat after ten classes.
 * @param {number} index
 */
export function classColour(index) {
  const colours = COLOURS[isDark() ? "dark" : "light"];
  return colours[index % colours.length];
}

/**
 * Return the colour of a line in a chart.
 * @param {number} index
 */
export function seriesColour(index) {
  return `var(--series-${(index % SERIES) + 1})`;
}

/**
 * Return a name of at most two letters for a class: the class itself, or its number.
 * @param {string[]} classes
 * @param {number} index
 */
export function shortName(classes, index) {
  return classes[index].length <= 2 ? classes[index] : String(index);
}
