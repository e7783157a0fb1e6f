/** The round picture of an author: initials on the member's colour, or Floorwalker's mark for the app. */
import { h } from "./dom.js";
import { mark } from "./icons.js";

const initials = (name) =>
  name
    .split(/\s+/)
    .map((word) => word[0])
    .slice(0, 2)
    .join("")
    .toUpperCase();

/** Dark or white letters, whichever reads better on a colour (relative luminance of WCAG 2). */
function lettersOn(color) {
  const channels = color
    .match(/[0-9a-f]{2}/gi)
    ?.slice(0, 3)
    .map((pair) => parseInt(pair, 16) / 255) ?? [0.3, 0.3, 0.3];
  const [red, green, blue] = channels.map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.26 ? "#1c1a17" : "#ffffff";
}

export function avatar(author, size = 36) {
  if (author.bot) return h("span", { class: "avatar avatar-bot", style: { "--size": `${size}px` } }, mark(size));
  const color = /^#[0-9a-f]{6}$/i.test(author.color ?? "") ? author.color : "#6b6459";
  return h(
    "span",
    {
      class: "avatar",
      aria: { hidden: "true" },
      style: { "--size": `${size}px`, background: color, color: lettersOn(color) },
    },
    initials(author.name),
  );
}
