// Ten colours for ten classes, told apart by the colour-blind too; beside them stands the class.

import { isDark } from "./heat.js";

// after Paul Tol, Colour schemes (2021), "muted", made darker or lighter for the two grounds
const COLOURS = {
  light: ["#332288", "#2b86bd", "#178f7b", "#117733", "#7a7a12", "#b07d00", "#cc4b62", "#7a1a4a", "#a8399f", "#6b6b6b"],
  dark: ["#a79cf5", "#88ccee", "#3fc9ae", "#5fc272", "#bcbc4e", "#ecd27a", "#f78fa0", "#d9659a", "#dd92d6", "#c2c0ba"],
};

/** The colour of a class; with more than ten classes colours come again. */
export function classColour(index) {
  const colours = COLOURS[isDark() ? "dark" : "light"];
  return colours[index % colours.length];
}

/** A class in one or two letters, for where there is no room for more. */
export function shortName(classes, index) {
  return classes[index].length <= 2 ? classes[index] : String(index);
}
